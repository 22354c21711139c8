import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Document, isMap } from 'yaml';
import { describeJob } from '../../runtime/src/config/describe-job.ts';
import type { Job } from '../../runtime/src/config/job.ts';
import { checkFragment, parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';
import { configurationSchema } from '../../runtime/src/config/schema/configuration.ts';
import { allKeys } from '../../runtime/src/config/schema/tree.ts';
import { MskBackupError } from '../../runtime/src/errors.ts';

const options = { file: 'f.yaml', env: {}, now: new Date(0) };

/** Anything else than an answer or the one error that a person can read is a bug. */
function survives(text: string) {
  for (const parse of [checkFragment, parseConfiguration]) {
    try {
      const result = parse(text, options);
      if ('job' in result) describeJob(result.job as Job);
    } catch (error) {
      expect(error, text).toBeInstanceOf(MskBackupError);
      for (const line of (error as Error).message.split('\n')) expect(line).toMatch(/^f\.yaml:[1-9]\d*: .+/);
    }
  }
}

test('arbitrary text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), survives), { numRuns: 150 });
});

test('text made of the characters that YAML is made of', () => {
  const pieces = fc.constantFrom(
    ...[
      '{',
      '}',
      '[',
      ']',
      ':',
      ': ',
      '- ',
      '\n',
      '\n  ',
      '"',
      "'",
      '#',
      '&a',
      '*a',
      '!b',
      '<<',
      '<<: *a',
      '|',
      '>',
      '%',
      '?',
      ',',
      '${A}',
      '${',
      '~',
      '1',
      'a',
      '---\n',
      '\t',
      'source',
      'storage',
      'backup',
      'mode',
    ],
  );
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
      survives,
    ),
    { numRuns: 500 },
  );
});

test('any value under any known key', () => {
  const paths = allKeys(configurationSchema);
  const leaf = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(
      null,
      '',
      ' ',
      -1,
      0,
      1,
      1.5,
      1e300,
      true,
      'true',
      '1',
      '64MiB',
      '5m',
      's3://b/p',
      '/x',
      's3',
      'filesystem',
      'backup',
      'restore',
      'SASL_SSL',
      'AWS_MSK_IAM',
      'b:1',
      '__proto__',
      { __proto__: null, constructor: 1 },
      [[]],
      [null],
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...paths), leaf), { minLength: 1, maxLength: 12 }), (entries) => {
      const document = new Document({});
      for (const [path, value] of entries) {
        // A shorter path may have put a value where a section has to be.
        path.slice(0, -1).forEach((_, index) => {
          const section = path.slice(0, index + 1);
          if (!isMap(document.getIn(section))) document.setIn(section, document.createNode({}));
        });
        document.setIn(path, document.createNode(value));
      }
      survives(String(document));
    }),
    { numRuns: 500 },
  );
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is an unknown key like others', (key) => {
  for (const text of [`${key}: 1`, `backup: {${key}: {full: true}}`]) {
    expect(() => checkFragment(text, options)).toThrow(/^f\.yaml:1: (backup\.)?\w+: unknown key/);
  }
});
