import { describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';
import { problems } from './support.ts';

const text = (id: string, rest = '') => `mode: backup
# \${NEVER_SET} in a comment is nobody's business
backup_id: ${id}
source: {bootstrap_servers: [b-1:9092]}
storage: {backend: filesystem, path: /backups}
${rest}`;
const now = new Date('2026-11-24T11:05:01.999Z');
const parse = (yaml: string, env: NodeJS.ProcessEnv = {}) => parseConfiguration(yaml, { file: 'f', env, now });
const id = (value: string, env: NodeJS.ProcessEnv = {}) => parse(text(value), env).job.backupId;

describe('variables', () => {
  test.each<[string, NodeJS.ProcessEnv, string]>([
    ['x-${A}-${B}', { A: '1', B: '2' }, 'x-1-2'],
    ['"${A}"', { A: '17' }, '17'],
    ["'${A}'", { A: 'one' }, 'one'],
    ['${A:-fallback}', {}, 'fallback'],
    ['${A:-fallback}', { A: '' }, 'fallback'],
    ['${A:-fallback}', { A: 'set' }, 'set'],
    ['${A:-a:-b}', {}, 'a:-b'],
    ['x$${A}', {}, 'x${A}'],
    ['$A-$-$$', {}, '$A-$-$$'],
    ['${A}', { A: '${B}', B: 'no' }, '${B}'],
    ['x-${TIMESTAMP}', {}, 'x-20261124T110501Z'],
    ['x-${TIMESTAMP}', { TIMESTAMP: 'mine' }, 'x-mine'],
    ['${TIMESTAMP:-other}', {}, '20261124T110501Z'],
    ['${A:-}', {}, 'backup-20261124T110501Z'],
    ['${A}', { A: '' }, 'backup-20261124T110501Z'],
  ])('%s with %j is %s', (value, env, expected) => {
    expect(id(value, env)).toBe(expected);
  });

  test('stay one text: nothing that comes in is read as YAML', () => {
    const { job } = parse(text('x', 'backup:\n  consumer_groups: ["${A}"]\n  source_cluster_id: ${B}'), {
      A: 'a, b]\nfull: true',
      B: '{c: 1} # d',
    });
    expect(job).toMatchObject({ consumerGroups: ['a, b]\nfull: true'], sourceClusterLabel: '{c: 1} # d', full: false });
  });

  test('may be numbers, sizes and switches where those are wanted', () => {
    const { job } = parse(text('x', 'backup: {compression_level: "${L}", full: "${F}", pack_bytes: "${P}"}'), {
      L: '19',
      F: 'true',
      P: '16MiB',
    });
    expect(job).toMatchObject({ compressionLevel: 19, full: true, packBytes: 16 * 2 ** 20 });
  });

  test('reach a value through an anchor, once for each place', () => {
    const { job } = parse(text('&id "${A}"', 'backup:\n  source_cluster_id: *id'), { A: 'one' });
    expect(job).toMatchObject({ backupId: 'one', sourceClusterLabel: 'one' });
  });

  test.each<[string, string]>([
    ['${A}', 'the environment variable A is not set (${A:-default} would give it a default)'],
    ['${A', 'a ${ has no closing } (write $${ for the two characters themselves)'],
    ['${A-b}', 'only ${NAME} and ${NAME:-default} are understood (write $${ for the two characters themselves)'],
    ['${}', 'only ${NAME} and ${NAME:-default} are understood (write $${ for the two characters themselves)'],
    ['${A:-${B}}', 'only ${NAME} and ${NAME:-default} are understood (write $${ for the two characters themselves)'],
  ])('%s is refused', (value, expected) => {
    expect(problems(text(value))).toEqual([`orders.yaml:3: backup_id: ${expected}`]);
  });

  test('are not looked for in keys', () => {
    expect(problems(text('x', '${KEY}: 1'), { env: { KEY: 'backup' } })).toEqual([
      expect.stringMatching(/^orders.yaml:6: …: unknown key; the nearest known key is /),
    ]);
  });
});

describe('YAML', () => {
  test('merge keys: own before merged, earlier before later', () => {
    const { job } = parse(`
logging: {a: &a {compression_level: 7, full: true}, b: &b {compression_level: 9, recompress: true}}
mode: backup
source: {bootstrap_servers: [b-1:9092]}
storage: {backend: filesystem, path: /backups}
backup:
  <<: [*a, *b]
  full: false
`);
    expect(job).toMatchObject({ compressionLevel: 7, full: false, recompress: true });
  });

  test('problems of merged keys are told at the line where they are written', () => {
    expect(
      problems('logging: &a\n  fulll: true\nbackup:\n  <<: *a\nsource: {bootstrap_servers: [b:1]}\nstorage: /b'),
    ).toEqual(['orders.yaml:2: backup.fulll: unknown key; did you mean backup.full?']);
  });

  test('null, written or left out, means not set', () => {
    const { job } = parse(text('~', 'backup:\n  full:\n  compression_level: null\nrestore:'));
    expect(job).toMatchObject({ backupId: 'backup-20261124T110501Z', full: false, compressionLevel: 1 });
  });

  test('a byte order mark and Windows line ends are no problem', () => {
    expect(parse(`\ufeff${text('x').replaceAll('\n', '\r\n')}`).job.backupId).toBe('x');
    expect(problems(text('x', 'wibble: 1').replaceAll('\n', '\r\n'))[0]).toContain('orders.yaml:6: wibble');
  });
});
