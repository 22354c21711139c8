import type { Findings, Path } from './findings.ts';
import type { KafkaSecurity } from './job.ts';
import type { SecuritySection } from './schema/security.ts';

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
  return {
    protocol,
    ...(usesSasl && mechanism !== undefined && { mechanism }),
    ...(usesSasl && !isIam && { username: section.sasl_username, password: section.sasl_password }),
    ...(usesTls && { caFile: section.ssl_ca_location, certificateFile: certificate, keyFile: key }),
  };
}

function mechanismOf(spelling: SecuritySection['sasl_mechanism']): KafkaSecurity['mechanism'] {
  if (spelling === 'SCRAM-SHA256') return 'SCRAM-SHA-256';
  return spelling === 'SCRAM-SHA512' ? 'SCRAM-SHA-512' : spelling;
}
