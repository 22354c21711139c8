import { z } from 'zod';
import { remarked } from './remarks.ts';
import { secret, text } from './values.ts';

const ROLE = /^arn:[a-z-]+:iam::\d{12}:role\/\S+$/;

const ROLE_PROBLEM = 'must be the ARN of a role: arn:aws:iam::123456789012:role/NAME';
const REGION_PROBLEM = 'must be the name of an AWS region such as eu-central-1';
const kerberos = 'not used: Kerberos is not available here';

export const securitySchema = z
  .strictObject({
    security_protocol: z.enum(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']),
    /** The peer's file has no second hyphen, its documentation has. */
    sasl_mechanism: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA256', 'SCRAM-SHA-512', 'SCRAM-SHA512', 'AWS_MSK_IAM'], {
      error: 'must be PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or AWS_MSK_IAM',
    }),
    sasl_username: text(),
    sasl_password: secret(),
    ssl_ca_location: text(),
    ssl_certificate_location: text(),
    ssl_key_location: text(),
    region: z.string({ error: REGION_PROBLEM }).regex(/^[a-z]{2,}(-[a-z]+)+-\d+$/, { error: REGION_PROBLEM }),
    assume_role_arn: z.string({ error: ROLE_PROBLEM }).regex(ROLE, { error: ROLE_PROBLEM }),
    assume_role_external_id: text(),
    ssl_key_password: remarked(secret(), 'not used: the key file must not be encrypted'),
    sasl_kerberos_service_name: remarked(text(), kerberos),
    sasl_keytab_path: remarked(text(), kerberos),
    sasl_krb5_config_path: remarked(text(), kerberos),
  })
  .partial();

export type SecuritySection = z.output<typeof securitySchema>;
