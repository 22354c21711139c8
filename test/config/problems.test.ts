import { describe, expect, test } from 'vitest';
import { problems } from './support.ts';

const base = `mode: backup
source:
  bootstrap_servers: [b-1:9092]
storage: {backend: filesystem, path: /backups}
`;
const restoreBase = base.replace('backup', 'restore').replace('source', 'target');

describe('one problem', () => {
  test.each<[string, string, string]>([
    [
      'a misspelt key',
      'backup:\n  compresion: zstd',
      '6: backup.compresion: unknown key; did you mean backup.compression?',
    ],
    ['another spelling of words', 'backupId: x', '5: backupId: unknown key; did you mean backup_id?'],
    [
      'a key of the wrong section',
      'backup:\n  topic_mapping: {a: b}',
      '6: backup.topic_mapping: unknown key; did you mean restore.topic_mapping?',
    ],
    [
      'a longer name',
      'restore:\n  storage_class: STANDARD',
      '6: restore.storage_class: unknown key; did you mean storage.class?',
    ],
    ['a key far from all others', 'wibble: 1', '5: wibble: unknown key; the nearest known key is'],
    [
      'a value that is no choice',
      'backup:\n  compression: zip',
      '6: backup.compression: must be zstd, none, lz4, gzip or snappy',
    ],
    [
      'a number out of range',
      'backup:\n  compression_level: 23',
      '6: backup.compression_level: must be a whole number from 1 to 22',
    ],
    [
      'a fraction',
      'backup:\n  compression_level: 1.5',
      '6: backup.compression_level: must be a whole number from 1 to 22',
    ],
    [
      'a number past the exact ones',
      'restore:\n  rate_limit_records_per_sec: 9007199254740993',
      '6: restore.rate_limit_records_per_sec: must be a whole number, at least 1',
    ],
    ['no switch', 'backup:\n  full: maybe', '6: backup.full: must be true or false'],
    [
      'no bytes',
      'backup:\n  pack_bytes: 64Mi',
      '6: backup.pack_bytes: must be a number of bytes such as 8388608 or 8MiB, from 1MiB to 4GiB',
    ],
    [
      'too few bytes',
      'backup:\n  pack_bytes: 1000KiB',
      '6: backup.pack_bytes: must be a number of bytes such as 8388608 or 8MiB, from 1MiB to 4GiB',
    ],
    [
      'a time without its unit',
      'backup:\n  snapshot_interval: 300',
      '6: backup.snapshot_interval: must be a time with its unit such as 30s or 5m, from 1s to 24h',
    ],
    [
      'a number for text',
      'backup:\n  source_cluster_id: 17',
      '6: backup.source_cluster_id: must be text: put it in quotes',
    ],
    ['a list for text', 'backup:\n  source_cluster_id: [a]', '6: backup.source_cluster_id: must be text'],
    ['text for a list', 'backup:\n  consumer_groups: a', '6: backup.consumer_groups: must be a list'],
    ['text for a section', 'backup: zstd', '5: backup: must be a map of keys'],
    ['nothing in a list', 'backup:\n  consumer_groups:\n    - a\n    -', '8: backup.consumer_groups[1]: must be text'],
    [
      'a backup called latest',
      'backup_id: latest',
      '5: backup_id: must not be latest: that word stands for the newest snapshot',
    ],
    ['an id with a slash', 'backup_id: a/b', '5: backup_id: must be 1 to 200 characters without blanks and slashes'],
    [
      'a start for nothing',
      'backup:\n  start_offset: 5',
      '6: backup.start_offset: must be earliest, latest, or a map of topics to maps of partitions to offsets',
    ],
    [
      'a negative start',
      'backup:\n  start_offset: {orders: {0: -1}}',
      '6: backup.start_offset: must be earliest, latest, or a map of topics to maps of partitions to offsets',
    ],
    [
      'an endless snapshot',
      'backup:\n  continuous: true\n  stop_at_current_offsets: true',
      '7: backup.stop_at_current_offsets: must not be true in a continuous backup, which does not stop',
    ],
    [
      'two names for one size',
      'backup:\n  pack_bytes: 64MiB\n  segment_max_bytes: 1',
      '7: backup.segment_max_bytes: is the same setting as backup.pack_bytes: leave one of them out',
    ],
    [
      'groups asked for and refused',
      'backup:\n  consumer_groups: [a]\n  consumer_group_snapshot: false',
      '7: backup.consumer_group_snapshot: must not be false when backup.consumer_groups names groups',
    ],
    ['a key of an unused section', 'metrics:\n  prot: 80', '6: metrics.prot: unknown key; did you mean metrics.port?'],
  ])('%s', (_, text, expected) => {
    const found = problems(base + text);
    expect(found).toHaveLength(1);
    expect(found[0]?.startsWith(`orders.yaml:${expected}`), found[0]).toBe(true);
    if (!expected.endsWith(' is')) expect(found[0]).toBe(`orders.yaml:${expected}`);
  });

  test.each<[string, string, string]>([
    [
      'seconds for milliseconds',
      'restore:\n  time_window_end: 1701450000',
      '6: restore.time_window_end: looks like seconds: milliseconds are wanted, three digits more',
    ],
    [
      'microseconds',
      'restore:\n  time_window_end: 1701450000000000',
      '6: restore.time_window_end: is too large: milliseconds are wanted',
    ],
    [
      'no zone',
      'restore:\n  time_window_end: 2024-12-01T10:00:00',
      '6: restore.time_window_end: needs its zone: Z for UTC, or such as +01:00',
    ],
    [
      'no such day',
      'restore:\n  time_window_end: 2023-02-30T10:00:00Z',
      '6: restore.time_window_end: must be milliseconds since 1970 (1701450000000) or ISO 8601 with its zone (2024-12-01T17:00:00Z)',
    ],
    [
      'a window turned round',
      'restore:\n  time_window_start: 1701450000001\n  time_window_end: 1701450000000',
      '6: restore.time_window_start: lies after restore.time_window_end',
    ],
    [
      'two partitions into one',
      'restore:\n  partition_mapping:\n    0: 2\n    1: 2',
      '8: restore.partition_mapping.1: is mapped to 2, where partition 0 goes: two partitions cannot become one',
    ],
    [
      'a partition onto one that stays',
      'restore:\n  source_partitions: [0, 1]\n  partition_mapping: {0: 1}',
      '7: restore.partition_mapping.0: is mapped to 1, where partition 1 goes: two partitions cannot become one',
    ],
    [
      'no partition',
      'restore:\n  partition_mapping: {0: -1}',
      '6: restore.partition_mapping.0: must be a whole number from 0 to 2147483647',
    ],
    [
      'no partition as a key',
      'restore:\n  partition_mapping: {a: 1}',
      '6: restore.partition_mapping.a: is no partition: must be a whole number',
    ],
    [
      'repartitioning without a number',
      'restore:\n  repartitioning: {orders: {strategy: murmur2, partitions: 3}}',
      '6: restore.repartitioning: must be a map of target topics to maps such as {strategy: murmur2, target_partitions: 12}, with 1 to 100000 partitions',
    ],
    [
      'exact offsets in other partitions',
      'restore:\n  offsets: exact\n  repartitioning: {orders: {strategy: murmur2, target_partitions: 3}}',
      '6: restore.offsets: must be translate with repartitioning: a record that changes its partition cannot keep its offset',
    ],
    [
      'two ways to say the partition',
      'restore:\n  partition_mapping: {0: 1, 1: 0}\n  repartitioning: {orders: {strategy: murmur2, target_partitions: 3}}',
      '6: restore.partition_mapping: does not go with repartitioning, where the key of a record says its partition',
    ],
    [
      'exact offsets behind other records',
      'restore:\n  offsets: exact\n  allow_non_empty: true',
      '7: restore.allow_non_empty: must not be true with offsets: exact: an offset that is taken cannot be given',
    ],
    ['other offsets', 'restore:\n  offsets: same', '6: restore.offsets: must be exact or translate'],
    [
      'too much headroom',
      'restore:\n  offsets: exact\n  offset_headroom: 100001',
      '7: restore.offset_headroom: must be a whole number from 0 to 100000',
    ],
    [
      'a mapping of nothing',
      'restore:\n  lambda: {strategy: reset}',
      '6: restore.lambda.function: is missing: the function whose mappings are meant, or uuid for a single one',
    ],
    [
      'a mapping without a strategy',
      'restore:\n  lambda:\n    - {function: a, strategy: reset}\n    - {function: b}',
      '8: restore.lambda[1].strategy: is missing: reset (read anew from the start) or resume (go on at the next record)',
    ],
    [
      'a mapping named twice',
      'restore:\n  lambda: {function: a, uuid: 14e0db71-5d35-4eb5-b481-8945cf9d10c2, strategy: reset}',
      '6: restore.lambda.function: does not go with uuid, which names one mapping: leave one of them out',
    ],
    [
      'a start that resume does not have',
      'restore:\n  lambda: {function: a, strategy: resume, starting_timestamp: 1701450000000}',
      '6: restore.lambda.starting_timestamp: does not go with strategy: resume, which goes on at the next record',
    ],
    [
      'a misspelt key of a mapping',
      'restore:\n  lambda: [{function: a, strategy: reset, clusterArn: x}]',
      '6: restore.lambda[0].clusterArn: unknown key; did you mean restore.lambda.cluster_arn?',
    ],
    [
      'a mapping that is named twice',
      'restore:\n  lambda: [{function: a, strategy: reset}, {function: a, strategy: resume}]',
      '6: restore.lambda[1].function: is there twice: a mapping can go on in one way only',
    ],
    [
      'a state in the archive',
      'restore:\n  state: /backups/state',
      '6: restore.state: is the archive or lies in it, where only backups write: name a place beside it, or leave it out (see docs/restore.md)',
    ],
    [
      'a place that is none',
      'restore:\n  state: {backend: s3, path: x}',
      '6: restore.state.bucket: is missing\norders.yaml:6: restore.state.path: does not go with backend: s3; did you mean restore.state.prefix?',
    ],
    [
      'a key of storage elsewhere',
      'restore:\n  bucket: x',
      '6: restore.bucket: unknown key; did you mean storage.bucket?',
    ],
    [
      'a misspelt key of a place',
      'restore:\n  state: {backend: s3, Bucket: x, bucket: y}',
      '6: restore.state.Bucket: unknown key; did you mean restore.state.bucket?',
    ],
    [
      'schema ids',
      'restore:\n  rewrite_schema_ids: true',
      '6: restore.rewrite_schema_ids: not available in this version yet',
    ],
    [
      'no partitions',
      'restore:\n  source_partitions: []',
      '6: restore.source_partitions: must name at least one partition',
    ],
    [
      'two topics into one',
      'restore:\n  topic_mapping:\n    a: c\n    b: c',
      '8: restore.topic_mapping.b: is mapped to c like a: two topics cannot become one',
    ],
    [
      'no topic name',
      'restore:\n  topic_mapping:\n    a: b/c',
      '7: restore.topic_mapping.a: is no topic name: letters, digits, dot, underscore and hyphen, at most 249',
    ],
    [
      'no topic name as a key',
      'restore:\n  topic_mapping:\n    "a b": c',
      '7: restore.topic_mapping.a…: is no topic name: letters, digits, dot, underscore and hyphen, at most 249',
    ],
    [
      'a config that is none',
      'restore:\n  topic_config_overrides:\n    retention.ms: [1]',
      '7: restore.topic_config_overrides.retention.ms: must be text, a number, true or false',
    ],
  ])('of a restore: %s', (_, text, expected) => {
    expect(problems(restoreBase + text).join('\n')).toBe(`orders.yaml:${expected}`);
  });

  test.each<[string, string, string]>([
    [
      'a pattern with a class',
      '  topics: {include: ["orders[0-9]"]}',
      '4: source.topics.include[0]: is no topic name or pattern: letters, digits, dot, underscore, hyphen, and * or ?',
    ],
    [
      'an expression where none is taken',
      '  topics: {include: ["~orders"]}',
      '4: source.topics.include[0]: is no topic name or pattern: letters, digits, dot, underscore, hyphen, and * or ?',
    ],
    [
      'flat security',
      '  sasl_mechanism: PLAIN',
      '4: source.sasl_mechanism: unknown key; did you mean source.security.sasl_mechanism?',
    ],
    [
      'SASL without mechanism',
      '  security: {security_protocol: SASL_SSL}',
      '4: source.security.sasl_mechanism: is missing: SASL_SSL needs PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or AWS_MSK_IAM',
    ],
    [
      'SASL without protocol',
      '  security: {sasl_mechanism: PLAIN, sasl_username: u, sasl_password: p}',
      '4: source.security.security_protocol: is missing: SASL_SSL or SASL_PLAINTEXT, since there is a sasl_mechanism',
    ],
    [
      'SASL without password',
      '  security: {security_protocol: SASL_SSL, sasl_mechanism: SCRAM-SHA512, sasl_username: u}',
      '4: source.security.sasl_password: is missing: SCRAM-SHA-512 needs it',
    ],
    [
      'Kerberos',
      '  security: {security_protocol: SASL_SSL, sasl_mechanism: GSSAPI}',
      '4: source.security.sasl_mechanism: must be PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or AWS_MSK_IAM',
    ],
    [
      'IAM without TLS',
      '  security: {security_protocol: SASL_PLAINTEXT, sasl_mechanism: AWS_MSK_IAM}',
      '4: source.security.security_protocol: must be SASL_SSL with AWS_MSK_IAM',
    ],
    [
      'a certificate without its key',
      '  security: {security_protocol: SSL, ssl_certificate_location: c.pem}',
      '4: source.security.ssl_key_location: is missing: a certificate needs its key',
    ],
    [
      'a time out of range',
      '  connection: {connect_timeout: 100ms}',
      '4: source.connection.connect_timeout: must be a time with its unit such as 30s or 5m, from 1s to 10m',
    ],
  ])('of the cluster: %s', (_, text, expected) => {
    expect(problems(base.replace('\nstorage', `\n${text}\nstorage`))).toEqual([`orders.yaml:${expected}`]);
  });

  test.each<[string, string, string]>([
    ['no port', '[b-1]', '3: source.bootstrap_servers[0]: has no port: b-1:9092 may be meant'],
    ['a scheme', '["PLAINTEXT://b-1:9092"]', '3: source.bootstrap_servers[0]: must be host:port'],
    ['no such port', '[b-1:9092, "b-2:70000"]', '3: source.bootstrap_servers[1]: must be host:port'],
    ['empty', '[]', '3: source.bootstrap_servers: must name at least one server'],
    ['only commas', '", ,"', '3: source.bootstrap_servers: names no server'],
    ['a number', '9092', '3: source.bootstrap_servers: must be host:port, or a list of them'],
  ])('of the brokers: %s', (_, servers, expected) => {
    expect(problems(base.replace('[b-1:9092]', servers))).toEqual([`orders.yaml:${expected}`]);
  });

  test.each<[string, string, string]>([
    [
      'another backend',
      '{backend: azure, account_name: a, container_name: c}',
      '4: storage.backend: must be s3 or filesystem: there is no azure backend here',
    ],
    ['no backend', '{path: /backups}', '4: storage.backend: is missing: s3 or filesystem'],
    ['no bucket', '{backend: s3}', '4: storage.bucket: is missing'],
    [
      'a URL for a bucket',
      '{backend: s3, bucket: "s3://b"}',
      '4: storage.bucket: must be the name of a bucket, without s3:// or slashes',
    ],
    [
      'a path in S3',
      '{backend: s3, bucket: b, path: x}',
      '4: storage.path: does not go with backend: s3; did you mean storage.prefix?',
    ],
    ['no path', '{backend: filesystem}', '4: storage.path: is missing: the directory of the archive'],
    [
      'half a key pair',
      '{backend: s3, bucket: b, access_key: a}',
      '4: storage.secret_key: is missing: storage.access_key needs it',
    ],
    [
      'one key twice',
      '{backend: s3, bucket: b, access_key: a, access_key_id: a, secret_key: b}',
      '4: storage.access_key_id: is the same setting as storage.access_key: leave one of them out',
    ],
    [
      'a user in the endpoint',
      '{backend: s3, bucket: b, endpoint: "http://me:hunter2@s3:9000"}',
      '4: storage.endpoint: must be an http or https URL without a user in it, such as https://s3.example.com:9000',
    ],
    [
      'a way up',
      '{backend: filesystem, path: /b, prefix: a/../c}',
      '4: storage.prefix: must not have . or .. between its slashes',
    ],
    ['credentials in a URL', 's3://key:hunter2@bucket/x', '4: storage: must not hold credentials'],
    ['another URL', 'gs://bucket/x', '4: storage: must be s3://bucket/prefix'],
    [
      'an unknown parameter',
      's3://bucket/x?acl=public',
      '4: storage: takes ?region=, &endpoint= and &path_style=true or false, and nothing else',
    ],
    [
      'a bad part of a URL',
      's3://bucket/x?endpoint=ftp://h',
      '4: storage: endpoint must be an http or https URL without a user in it, such as https://s3.example.com:9000',
    ],
  ])('of the storage: %s', (_, storage, expected) => {
    expect(problems(base.replace(/storage:.*/, `storage: ${storage}`))).toEqual([`orders.yaml:${expected}`]);
  });
});

describe('the file', () => {
  test.each<[string, string, string]>([
    ['is empty', '', '1: mode: is missing: backup or restore'],
    ['is text', 'backup', '1: must be a map of keys such as mode, source, storage'],
    [
      'has an open bracket',
      `${base}backup: [`,
      '5: not valid YAML: check the indentation, colons, quotes and brackets here',
    ],
    [
      'has a bare variable in brackets',
      `${base}backup: {consumer_groups: [\${GROUP}]}`,
      `5: not valid YAML: inside [ ] and { } a \${NAME} has to be in quotes`,
    ],
    ['has a tab', `${base}backup:\n\tfull: true`, '6: not valid YAML: a tab is used to indent; use blanks'],
    ['has a key twice', `${base}backup:\n  full: true\n  full: false`, '7: the key full is there twice'],
    ['has two documents', `${base}---\n${base}`, '5: the file holds more than one YAML document'],
    [
      'has an unknown tag',
      `${base}backup_id: !env ID`,
      '5: a value that begins with ! has a tag, which is not understood here; put it in quotes',
    ],
    [
      'has an unknown alias',
      `${base}backup_id: *id`,
      '5: backup_id: a value that begins with * refers to an anchor; put it in quotes',
    ],
    ['has an odd type', `${base}backup_id: !!binary aGk=`, '5: backup_id: has a YAML tag that is not understood here'],
    ['refers to itself', `${base}logging: &x {a: *x}`, '5: logging.a'],
  ])('%s', (_, text, expected) => {
    expect(problems(text)[0]).toContain(`orders.yaml:${expected}`);
    expect(problems(text)).toHaveLength(text === '' ? 3 : 1);
  });

  test('of aliases that multiply ends in words', () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) =>
        `  a${i}: &a${i} [${Array(9)
          .fill(i === 0 ? 'x' : `*a${i - 1}`)
          .join(', ')}]`,
    );
    expect(problems(`${base}logging:\n${levels.join('\n')}`)).toEqual([
      expect.stringContaining('is nested too deeply, refers to itself, or stands for more than 50000 values'),
    ]);
  });

  test('of brackets without end ends in words', () => {
    expect(problems(`${base}logging: ${'['.repeat(50_000)}`).length).toBeGreaterThan(0);
  });
});

test('all problems of a file at once, in the order of their lines', () => {
  const text = `mode: backup
backup_id: "a b"
source:
  bootstrap_servers:
    - b-1:9092
    - b-2
  security:
    security_protocol: SASL_SSL
    sasl_mechanism: SCRAM-SHA-512
    sasl_username: \${KAFKA_USER}
  topics:
    include: [orders, "a b"]
storage:
  backend: s3
  buckt: kafka-backups
backup:
  compression_level: 99
  fetch_max_byte: 1MiB
`;
  expect(problems(text)).toEqual([
    'orders.yaml:2: backup_id: must be 1 to 200 characters without blanks and slashes',
    'orders.yaml:6: source.bootstrap_servers[1]: has no port: b-2:9096 may be meant',
    'orders.yaml:7: source.security.sasl_password: is missing: SCRAM-SHA-512 needs it',
    `orders.yaml:10: source.security.sasl_username: the environment variable KAFKA_USER is not set (\${KAFKA_USER:-default} would give it a default)`,
    'orders.yaml:12: source.topics.include[1]: is no topic name or pattern: letters, digits, dot, underscore, hyphen, and * or ?',
    'orders.yaml:13: storage.bucket: is missing',
    'orders.yaml:15: storage.buckt: unknown key; did you mean storage.bucket?',
    'orders.yaml:17: backup.compression_level: must be a whole number from 1 to 22',
    'orders.yaml:18: backup.fetch_max_byte: unknown key; did you mean backup.fetch_max_bytes?',
  ]);
});

test('the state of a restore is not the archive', () => {
  const within = (storage: string, state: string) =>
    problems(`target: {bootstrap_servers: [b:1]}\nstorage: ${storage}\nrestore: {state: "${state}"}\n`);
  for (const state of ['s3://b/archive/', 's3://b/archive/state'])
    expect(within('s3://b/archive', state)).toHaveLength(1);
  for (const state of ['s3://b/archive-restores', 's3://c/archive', 's3://b', '/archive']) {
    expect(within('s3://b/archive', state)).toEqual([]);
  }
  // The whole bucket is around it.
  expect(within('s3://b', 's3://b/restores')).toEqual([]);
  expect(within('s3://b', 's3://b')).toHaveLength(1);
  expect(within('/backups', '/backups/../backups')).toHaveLength(1);
  expect(within('/backups', '/backups-restores')).toEqual([]);
});

describe('mode', () => {
  const without = base.replace('mode: backup\n', '');

  test('may be left to the command, or to the one cluster of the file', () => {
    expect(problems(without, { mode: 'backup' })).toEqual([]);
    expect(problems(without)).toEqual([]);
  });

  test('must not contradict the command', () => {
    expect(problems(base, { mode: 'restore' })).toContain('orders.yaml:1: mode: is backup, but the command is restore');
  });

  test('is needed where both clusters are there', () => {
    expect(problems(`${without}target: {bootstrap_servers: [b:1]}`)).toEqual([
      'orders.yaml:1: mode: is missing: backup or restore',
    ]);
  });

  test('says what is needed', () => {
    expect(problems('mode: restore')).toEqual([
      'orders.yaml:1: target.bootstrap_servers: is missing: host:port of at least one broker',
      'orders.yaml:1: storage: is missing: where the archive is, such as backend: s3 and a bucket',
    ]);
  });
});
