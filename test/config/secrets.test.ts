import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { describeJob } from '../../runtime/src/config/describe-job.ts';
import { checkFragment, parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';
import type { Secret } from '../../runtime/src/config/secret.ts';
import { MskBackupError } from '../../runtime/src/errors.ts';

const PASSWORD = 'hunter2-\u00fc"\\x';
const SECRET_KEY = 'wJalrXUtnFEMI/K7MDENG';
const configuration = {
  mode: 'backup',
  source: {
    bootstrap_servers: ['b-1:9096'],
    security: {
      security_protocol: 'SASL_SSL',
      sasl_mechanism: 'SCRAM-SHA-512',
      sasl_username: 'me',
      sasl_password: PASSWORD,
    },
  },
  storage: { backend: 's3', bucket: 'b', access_key: 'AKIAIOSFODNN7', secret_key: SECRET_KEY },
};
const options = { file: 'f.yaml', env: {}, now: new Date(0) };

/** Every way in which an object becomes text. */
function shown(value: unknown): string {
  return [
    inspect(value, { depth: 20, showHidden: true }),
    JSON.stringify(value),
    stringify(JSON.parse(JSON.stringify(value))),
  ].join('\n');
}

function expectHidden(text: string, ...secrets: string[]) {
  for (const secret of secrets) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
  }
}

describe('secrets', () => {
  test('are there for those who ask, and in nothing that is shown', () => {
    const parsed = parseConfiguration(stringify(configuration), options);
    if (parsed.job.mode !== 'backup' || parsed.job.storage.backend !== 's3') throw new Error('another job');
    expect((parsed.job.source.security.password as Secret).reveal()).toBe(PASSWORD);
    expect(parsed.job.storage.secretAccessKey?.reveal()).toBe(SECRET_KEY);
    expectHidden(shown(parsed), PASSWORD, SECRET_KEY);
    expectHidden(shown(describeJob(parsed.job)), PASSWORD, SECRET_KEY, 'AKIAIOSFODNN7');
    expect(describeJob(parsed.job)).toMatchObject({
      source: { security: { sasl_username: 'me', sasl_password: '***' } },
      storage: { access_key: '***', secret_key: '***' },
    });
  });

  test('from the environment are hidden like others', () => {
    const text = stringify({ ...configuration, storage: { ...configuration.storage, secret_key: '${KEY}' } });
    const parsed = parseConfiguration(text, { ...options, env: { KEY: SECRET_KEY } });
    expectHidden(shown(parsed), SECRET_KEY);
    expect(() =>
      parseConfiguration(text.replace('secret_key', 'secret_kee'), { ...options, env: { KEY: SECRET_KEY } }),
    ).toThrow(expect.not.objectContaining({ message: expect.stringContaining(SECRET_KEY) }));
  });

  const slips: [string, string][] = [
    ['an alias', 'source: {security: {sasl_password: *hunter2}}'],
    ['a tag', 'source: {security: {sasl_password: !hunter2 }}'],
    ['a directive', '%hunter2\n---\nsource:'],
    ['no blank after the colon', 'source: {security: {sasl_password:hunter2}}'],
    ['no blank, in lines', 'source:\n  security:\n    sasl_username: u\n    sasl_password:hunter2\n'],
    ['no blank, alone', 'source:\n  security:\n    sasl_password:hunter2\n'],
    ['an open quote', 'source: {security: {sasl_password: "hunter2}}'],
    ['an escape', 'source: {security: {sasl_password: "\\hunter2"}}'],
    ['a list', 'source: {security: {sasl_password: [hunter2]}}'],
    ['a map', 'source: {security: {sasl_password: {hunter2: 1}}}'],
    ['an open variable', 'source: {security: {sasl_password: "${hunter2"}}'],
    ['a default', 'source: {security: {sasl_password: "${A-hunter2}"}}'],
    ['a user in the endpoint', 'storage: {backend: s3, bucket: b, endpoint: "https://u:hunter2@h"}'],
    ['a user in the bucket', 'storage: s3://u:hunter2@b/p'],
    ['a user in a server', 'source: {bootstrap_servers: ["u:hunter2@b:9092"]}'],
    ['a key that is none', 'source: {security: {password: hunter2}}'],
    ['a password of a section', 'source: {security: hunter2}'],
    ['a key twice', 'source: {security: {sasl_password: hunter2, sasl_password: hunter2}}'],
  ];
  test.each(slips)('a slip does not show them: %s', (_, text) => {
    let message = 'accepted';
    try {
      checkFragment(text, options);
    } catch (error) {
      message = (error as Error).message;
      expect(error).toBeInstanceOf(MskBackupError);
      expectHidden(inspect(error, { depth: 20 }).replace((error as Error).stack ?? '', ''), 'hunter2');
    }
    expect(message).not.toBe('accepted');
    expect(message).not.toContain('hunter2');
  });
});

const secretPaths = [
  ['source', 'security', 'sasl_password'],
  ['target', 'security', 'sasl_password'],
  ['target', 'security', 'ssl_key_password'],
  ['storage', 'access_key'],
  ['storage', 'secret_key'],
  ['storage', 'secret_access_key'],
];
const SECRET = 'S3cr3tS3cr3t';
const values = fc.oneof(
  fc.constant(SECRET),
  fc.constant([SECRET]),
  fc.constant({ [SECRET]: SECRET }),
  fc.constant(`\${${SECRET.toLowerCase()}-x}${SECRET}`),
  fc.constant('${FROM_ENV}'),
);
const noise = fc.jsonValue({ maxDepth: 3 });

test('no error, remark or description ever holds a secret, whatever else is wrong with the file', () => {
  fc.assert(
    fc.property(fc.constantFrom(...secretPaths), values, noise, noise, (path, secret, other, another) => {
      const section = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), secret) as object;
      const root = { backup: other, restore: another, ...section };
      for (const text of [stringify(root), JSON.stringify(root, null, 1)]) {
        try {
          expectHidden(shown(checkFragment(text, { ...options, env: { FROM_ENV: SECRET } })), SECRET);
        } catch (error) {
          if (!(error instanceof MskBackupError)) throw error;
          expectHidden(error.message, SECRET);
        }
      }
    }),
    { numRuns: 150 },
  );
});
