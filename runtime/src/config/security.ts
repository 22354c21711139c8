import type { Findings, Path } from './findings.ts';
import type { KafkaSecurity, StoredValue } from './job.ts';
import type { SecuritySection } from './schema/security.ts';
import { Secret } from './secret.ts';
import { isArn, parseStoredValue } from './stored-value.ts';

/** What only AWS_MSK_IAM has a use for. */
const IAM_KEYS = ['region', 'assume_role_arn', 'assume_role_external_id'] as const;

/** @param path of the `security` section */
export function toSecurity(section: SecuritySection, path: Path, findings: Findings): KafkaSecurity {
  const mechanism = mechanismOf(section.sasl_mechanism);
  const isIam = mechanism === 'AWS_MSK_IAM';
  const protocol = section.security_protocol ?? (isIam ? 'SASL_SSL' : 'PLAINTEXT');
  const usesSasl = protocol === 'SASL_SSL' || protocol === 'SASL_PLAINTEXT';
  const usesTls = protocol === 'SASL_SSL' || protocol === 'SSL';
  const at = (key: keyof SecuritySection) => [...path, key];

  if (isIam && protocol !== 'SASL_SSL') findings.problem(at('security_protocol'), 'must be SASL_SSL with AWS_MSK_IAM');
  else if (mechanism !== undefined && !usesSasl) {
    if (section.security_protocol === undefined) {
      findings.required(
        at('security_protocol'),
        'is missing: SASL_SSL or SASL_PLAINTEXT, since there is a sasl_mechanism',
      );
    } else findings.remark(at('sasl_mechanism'), `not used with ${protocol}`);
  }
  if (usesSasl && mechanism === undefined) {
    findings.required(
      at('sasl_mechanism'),
      `is missing: ${protocol} needs PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or AWS_MSK_IAM`,
    );
  }
  for (const key of ['sasl_username', 'sasl_password'] as const) {
    if (section[key] === undefined) {
      if (usesSasl && mechanism !== undefined && !isIam)
        findings.required(at(key), `is missing: ${mechanism} needs it`);
    } else if (isIam) findings.remark(at(key), 'not used: AWS_MSK_IAM takes the AWS credentials of the environment');
    else if (!usesSasl && section.security_protocol !== undefined)
      findings.remark(at(key), `not used with ${protocol}`);
  }
  for (const key of IAM_KEYS) {
    if (!isIam && section[key] !== undefined) findings.remark(at(key), 'not used: it belongs to AWS_MSK_IAM');
  }
  if (section.assume_role_external_id !== undefined && section.assume_role_arn === undefined) {
    findings.required(at('assume_role_arn'), 'is missing: an external id needs the role that asks for it');
  }
  const { ssl_certificate_location: certificate, ssl_key_location: key } = section;
  if (certificate !== undefined && key === undefined) {
    findings.required(at('ssl_key_location'), 'is missing: a certificate needs its key');
  }
  if (key !== undefined && certificate === undefined) {
    findings.required(at('ssl_certificate_location'), 'is missing: a key needs its certificate');
  }
  for (const name of ['ssl_ca_location', 'ssl_certificate_location', 'ssl_key_location'] as const) {
    if (!usesTls && section[name] !== undefined && section.security_protocol !== undefined) {
      findings.remark(at(name), `not used with ${protocol}`);
    }
  }
  const textAt = (name: keyof SecuritySection, text: string | undefined) =>
    text !== undefined && isArn(text) ? stored(text, at(name), findings) : text;
  const { sasl_password: password } = section;
  const storedPassword =
    password !== undefined && isArn(password.reveal())
      ? stored(password.reveal(), at('sasl_password'), findings)
      : undefined;
  return {
    protocol,
    ...(usesSasl && mechanism !== undefined && { mechanism }),
    ...(usesSasl &&
      !isIam && {
        username: textAt('sasl_username', section.sasl_username),
        password: storedPassword ?? password,
      }),
    ...(usesTls && {
      caFile: textAt('ssl_ca_location', section.ssl_ca_location),
      certificateFile: textAt('ssl_certificate_location', certificate),
      keyFile: textAt('ssl_key_location', key),
    }),
    ...(isIam && section.region !== undefined && { region: section.region }),
    ...(isIam &&
      section.assume_role_arn !== undefined && {
        assumeRole: {
          arn: section.assume_role_arn,
          ...(section.assume_role_external_id !== undefined && { externalId: section.assume_role_external_id }),
        },
      }),
  };
}

/** The value as it was configured is never shown: an ARN that is none may be a password. */
function stored(arn: string, path: Path, findings: Findings): StoredValue | undefined {
  const value = parseStoredValue(arn);
  if (value === undefined) {
    findings.problem(
      path,
      'begins with arn: but is neither arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME nor arn:aws:ssm:REGION:ACCOUNT:parameter/NAME',
    );
  }
  return value;
}

/** A setting as `config` prints it: the place of a value that is kept in AWS is no secret. */
export function describeSetting(setting: string | Secret | StoredValue | undefined): string | undefined {
  if (setting === undefined || typeof setting === 'string') return setting;
  return setting instanceof Secret ? setting.toString() : setting.arn;
}

function mechanismOf(spelling: SecuritySection['sasl_mechanism']): KafkaSecurity['mechanism'] {
  if (spelling === 'SCRAM-SHA256') return 'SCRAM-SHA-256';
  return spelling === 'SCRAM-SHA512' ? 'SCRAM-SHA-512' : spelling;
}
