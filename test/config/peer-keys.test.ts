import { describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';
import type { Secret } from '../../runtime/src/config/secret.ts';

const options = { file: 'f.yaml', env: { KAFKA_PASSWORD: 'p' }, now: new Date(0) };

const backup = (lines: string, cluster = '') => `mode: backup
backup_id: x
source:
  bootstrap_servers: [b:9092]
${cluster}storage: {backend: filesystem, path: /b}
${lines}`;
const restore = (lines: string, cluster = '') =>
  backup(lines, cluster).replace('mode: backup', 'mode: restore').replace('source', 'target');

function read(text: string) {
  const { job, remarks } = parseConfiguration(text, options);
  return { job, remarks: remarks.map(({ path, message }) => `${path}: ${message}`) };
}

describe('keys of the peer that mean the same here', () => {
  test.each<[string, object, string[]]>([
    [
      'backup: {segment_max_bytes: 134217728}',
      { packBytes: 2 ** 27 },
      ['backup.segment_max_bytes: taken as backup.pack_bytes, the size of a stored pack, between 1 MiB and 4 GiB'],
    ],
    [
      'backup: {segment_max_bytes: 10240}',
      { packBytes: 2 ** 20 },
      ['backup.segment_max_bytes: taken as backup.pack_bytes, the size of a stored pack, between 1 MiB and 4 GiB'],
    ],
    ['backup: {fetch_max_bytes: 1048576}', { fetchMaxBytes: 2 ** 20 }, []],
    [
      'backup: {fetch_max_bytes: 268435456}',
      { fetchMaxBytes: 2 ** 26 },
      ['backup.fetch_max_bytes: is more than backup.buffer_bytes: 67108864 is used'],
    ],
    ['backup: {max_concurrent_partitions: 8}', { maxConcurrentPartitions: 8 }, []],
    ['backup: {start_offset: earliest}', { startOffset: 'earliest' }, []],
    [
      'backup: {start_offset: latest}',
      { startOffset: 'latest' },
      [
        'backup.start_offset: partitions that the archive does not hold yet begin at their end: older records are left out',
      ],
    ],
    [
      'backup:\n  start_offset: !specific\n    orders: {0: 100, 1: 200}',
      { startOffset: { orders: { 0: 100, 1: 200 } } },
      [],
    ],
    ['backup:\n  start_offset: !specific {orders: {0: 100}}', { startOffset: { orders: { 0: 100 } } }, []],
    ['backup:\n  start_offset:\n    specific:\n      orders: {0: 100}', { startOffset: { orders: { 0: 100 } } }, []],
    ['backup:\n  start_offset: {specific: {0: 100}}', { startOffset: { specific: { 0: 100 } } }, []],
    ['backup: {stop_at_current_offsets: true}', { continuous: false }, []],
    [
      'backup: {include_internal_topics: true, internal_topics: [__consumer_offsets]}',
      { includeInternalTopics: true, internalTopics: ['__consumer_offsets'] },
      [],
    ],
    ['backup: {consumer_group_snapshot: true}', { consumerGroups: undefined }, []],
    ['backup: {consumer_group_snapshot: false}', { consumerGroups: [] }, []],
    ['backup: {include_offset_headers: false}', {}, []],
    ['backup: {on_missing_topic: warn}', { onMissingTopic: 'warn' }, []],
    ['metrics: {enabled: false, port: 9000}', { metrics: { cloudwatch: false, topics: false } }, []],
    [
      'metrics: {enabled: true}',
      { metrics: { prometheus: { port: 8080, bindAddress: '0.0.0.0', path: '/metrics', keepAliveSeconds: 0 } } },
      [],
    ],
    ['metrics: {port: 9000}', { metrics: { prometheus: { port: 9000, path: '/metrics' } } }, []],
  ])('%s', (lines, job, remarks) => {
    const result = read(backup(lines));
    expect(result.job).toMatchObject(job);
    expect(result.remarks).toEqual(remarks);
  });

  test.each<[string, string, object, string[]]>([
    ['restore: {topic_mapping: {a: b}}', '', { topicMapping: { a: 'b' } }, []],
    ['restore: {topic_mapping: }', '', { topicMapping: {} }, []],
    [
      'restore: {topic_mapping: {a: b}}',
      '  topics: {rename: {c: d, a: b}}\n',
      { topicMapping: { a: 'b', c: 'd' } },
      [],
    ],
    [
      '',
      '  topics: {include: ["orders-*", "~payments-v[0-9]+"]}\n',
      { topics: { include: ['orders-*', '~payments-v[0-9]+'] } },
      [],
    ],
    ['restore: {default_replication_factor: 1}', '', { replicationFactor: 1 }, []],
    [
      'restore: {rate_limit_records_per_sec: null, rate_limit_bytes_per_sec: null}',
      '',
      { rateLimitBytesPerSec: undefined },
      [],
    ],
    [
      'restore: {consumer_group_strategy: skip, reset_consumer_offsets: false, consumer_groups: []}',
      '',
      { includeOriginalOffsetHeader: false },
      [],
    ],
    [
      'restore: {consumer_group_strategy: header-based}',
      '',
      { includeOriginalOffsetHeader: true },
      ['restore.consumer_group_strategy: taken as restore.include_original_offset_header: true'],
    ],
    ['restore: {produce_acks: -1, purge_topics: false, strip_offset_headers: false}', '', {}, []],
    [
      'restore: {partition_mapping: {0: 0, 2: 1, 1: 2}, repartitioning: {}}',
      '',
      {
        partitionMapping: new Map([
          [1, 2],
          [2, 1],
        ]),
        repartitioning: {},
        offsets: 'translate',
      },
      [],
    ],
    [
      'restore: {repartitioning: {orders: {strategy: automatic, target_partitions: 6}}}',
      '',
      { repartitioning: { orders: { strategy: 'murmur2', partitions: 6 } } },
      [],
    ],
    ['restore: {time_window_start: 1701450000000}', '', { timeWindow: { start: 1701450000000 } }, []],
    ['restore: {consumer_groups: [a, "b*"]}', '', { consumerGroups: ['a', 'b*'] }, []],
    ['restore: {consumer_groups: [a], reset_consumer_offsets: true}', '', { consumerGroups: ['a'] }, []],
    ['restore: {consumer_groups: [], reset_consumer_offsets: true}', '', { consumerGroups: [] }, []],
    ['restore: {auto_consumer_groups: true}', '', { consumerGroups: [] }, []],
    ['restore: {consumer_groups: []}', '', { consumerGroups: undefined }, []],
    ['restore: {consumer_group_strategy: skip}', '', { consumerGroups: undefined }, []],
    [
      'restore: {consumer_group_strategy: skip, consumer_groups: [a], reset_consumer_offsets: true}',
      '',
      { consumerGroups: undefined },
      ['restore.consumer_groups: not used with restore.consumer_group_strategy: skip'],
    ],
    [
      'restore: {consumer_groups: [a], reset_consumer_offsets: false}',
      '',
      { consumerGroups: undefined },
      ['restore.consumer_groups: not used with restore.reset_consumer_offsets: false'],
    ],
    [
      'restore: {consumer_groups: [a], auto_consumer_groups: true}',
      '',
      { consumerGroups: ['a'] },
      ['restore.auto_consumer_groups: not used: restore.consumer_groups says which groups'],
    ],
    [
      'restore: {consumer_group_strategy: manual, consumer_groups: [a]}',
      '',
      { consumerGroups: undefined },
      [
        'restore.consumer_group_strategy: no offsets are committed: see msk-backup groups plan and groups apply',
        'restore.consumer_groups: not used with restore.consumer_group_strategy: manual',
      ],
    ],
    [
      'restore: {consumer_group_strategy: header-based, consumer_groups: [a]}',
      '',
      { includeOriginalOffsetHeader: true, consumerGroups: ['a'] },
      ['restore.consumer_group_strategy: taken as restore.include_original_offset_header: true'],
    ],
    [
      'restore: {topic_config_overrides: {retention.ms: "-1"}}',
      '',
      { topicConfigOverrides: { 'retention.ms': '-1' } },
      [],
    ],
  ])('%s%s', (lines, cluster, job, remarks) => {
    const result = read(restore(lines, cluster));
    expect(result.job).toMatchObject(job);
    expect(result.remarks).toEqual(remarks);
  });

  test.each([
    ['SCRAM-SHA256', 'SCRAM-SHA-256'],
    ['SCRAM-SHA-256', 'SCRAM-SHA-256'],
    ['SCRAM-SHA512', 'SCRAM-SHA-512'],
    ['SCRAM-SHA-512', 'SCRAM-SHA-512'],
    ['PLAIN', 'PLAIN'],
  ])('mechanism %s', (spelling, mechanism) => {
    const security = `  security: {security_protocol: SASL_SSL, sasl_mechanism: ${spelling}, sasl_username: u, sasl_password: "\${KAFKA_PASSWORD}"}\n`;
    const { job, remarks } = read(backup('', security));
    expect(job).toMatchObject({ source: { security: { protocol: 'SASL_SSL', mechanism, username: 'u' } } });
    expect(job.mode === 'backup' && (job.source.security.password as Secret).reveal()).toBe('p');
    expect(remarks).toEqual([]);
  });

  test.each(['access_key: AK, secret_key: SK', 'access_key_id: AK, secret_access_key: SK'])('S3 with %s', (keys) => {
    const text = backup('').replace(
      /storage:.*/,
      `storage: {backend: s3, bucket: kafka-backups, region: us-east-1, endpoint: "http://localhost:9000", ${keys}, path_style: true, allow_http: true}`,
    );
    const { job, remarks } = read(text);
    expect(job.storage).toMatchObject({
      backend: 's3',
      endpoint: 'http://localhost:9000',
      accessKeyId: 'AK',
      pathStyle: true,
    });
    expect(job.storage.backend === 's3' && job.storage.secretAccessKey?.reveal()).toBe('SK');
    expect(remarks).toEqual([]);
    expect(read(text.replace(', allow_http: true', '')).remarks).toEqual([
      'storage.endpoint: is http: storage.allow_http is taken for granted',
    ]);
  });
});

describe('keys of the peer that do something else here, or nothing, say so in one line', () => {
  test.each([
    ['backup: {compression: lz4}', 'backup.compression: zstd is used instead'],
    ['backup: {compression: gzip, compression_level: 3}', 'backup.compression: zstd is used instead'],
    ['backup: {compression: snappy}', 'backup.compression: zstd is used instead'],
    ['backup: {segment_max_interval_ms: 60000}', 'backup.segment_max_interval_ms: not used'],
    ['backup: {segment_max_age_secs: 3600}', 'backup.segment_max_age_secs: not used'],
    ['backup: {segment_max_records: 100000}', 'backup.segment_max_records: not used'],
    ['backup: {include_offset_headers: true}', 'backup.include_offset_headers: the archive keeps every offset'],
    ['backup: {checkpoint_interval_secs: 5}', 'backup.checkpoint_interval_secs: not used'],
    ['backup: {sync_interval_secs: 30}', 'backup.sync_interval_secs: not used'],
    ['backup: {poll_interval_ms: 100}', 'backup.poll_interval_ms: not used'],
    ['backup: {capture_topic_configs: false}', 'backup.capture_topic_configs: topic configurations are stored anyway'],
    ['backup: {require_topic_configs: false}', 'backup.require_topic_configs: topic configurations are stored anyway'],
    ['backup: {retention: {max_age: 30d, keep_segments: 3}}', 'backup.retention: not used'],
    ['backup: {circuit_breaker: {enabled: true, failure_threshold: 5}}', 'backup.circuit_breaker: not used'],
    ['backup: {batch_size: 1000}', 'backup.batch_size: not used'],
    ['backup: {max_batch_bytes: 1000000}', 'backup.max_batch_bytes: not used'],
    [
      'offset_storage: {backend: sqlite, db_path: ./offsets.db, s3_key: x, sync_interval_secs: 30}',
      'offset_storage: not used: progress is kept in the archive itself',
    ],
    ['metrics: {update_interval_ms: 500}', 'metrics.update_interval_ms: not used'],
    ['metrics: {max_partition_labels: 100}', 'metrics.max_partition_labels: not used'],
    ['metrics: {enabled: false, keep_alive_seconds: 5}', 'metrics.keep_alive_seconds: not used'],
    ['logging: {level: info}', 'logging: not used'],
  ])('%s', (lines, remark) => {
    const { remarks } = read(backup(lines));
    expect(remarks).toHaveLength(1);
    expect(remarks[0]).toContain(remark);
  });

  test.each([
    [
      'restore: {consumer_group_strategy: timestamp-based}',
      'restore.consumer_group_strategy: not searched for: the restore keeps the exact map',
    ],
    ['restore: {consumer_group_strategy: cluster-scan}', 'restore.consumer_group_strategy: not searched for'],
    ['restore: {offset_report: /tmp/o.json}', 'restore.offset_report: not written: the map is kept'],
    ['restore: {offset_headroom: 1000}', 'restore.offset_headroom: has no effect without restore.offsets: exact'],
    ['restore: {max_filler_markers: 1}', 'restore.max_filler_markers: has no effect'],
    ['restore: {fill_holes_with: markers, offsets: translate}', 'restore.fill_holes_with: has no effect'],
    ['restore: {purge_topics: true}', 'restore.purge_topics: not used: no topic is emptied'],
    ['restore: {produce_batch_size: 1000}', 'restore.produce_batch_size: not used'],
    ['restore: {produce_acks: 1}', 'restore.produce_acks: not used'],
    ['restore: {strip_offset_headers: true}', 'restore.strip_offset_headers: not used'],
    ['restore: {existing_topic_config_policy: fail}', 'restore.existing_topic_config_policy: not used'],
    ['restore: {header_preflight: auto}', 'restore.header_preflight: not used'],
    ['restore: {dry_run_check_segments: true}', 'restore.dry_run_check_segments: not used'],
    [
      'restore: {checkpoint_state: ./c.json}',
      'restore.checkpoint_state: not used: a stopped restore goes on by itself',
    ],
    ['restore: {checkpoint_interval_secs: 60}', 'restore.checkpoint_interval_secs: not used'],
    ['restore: {circuit_breaker: {reset_timeout_ms: 1}}', 'restore.circuit_breaker: not used'],
  ])('%s', (lines, remark) => {
    const { remarks } = read(restore(lines));
    expect(remarks).toHaveLength(1);
    expect(remarks[0]).toContain(remark);
  });

  test.each([
    ['  connection: {tcp_keepalive: true}\n', ['source.connection.tcp_keepalive']],
    [
      '  connection: {keepalive_time_secs: 60, keepalive_interval_secs: 20, tcp_nodelay: true, connections_per_broker: 4}\n',
      ['keepalive_time_secs', 'keepalive_interval_secs', 'tcp_nodelay', 'connections_per_broker'].map(
        (key) => `source.connection.${key}`,
      ),
    ],
    ['  kafka_config: {fetch.min.bytes: 1}\n', ['source.kafka_config']],
    ['  security: {security_protocol: SSL, ssl_key_password: p}\n', ['source.security.ssl_key_password']],
    ['  security: {sasl_kerberos_service_name: kafka}\n', ['source.security.sasl_kerberos_service_name']],
    [
      '  security: {security_protocol: PLAINTEXT, sasl_mechanism: PLAIN, sasl_username: u, ssl_ca_location: c}\n',
      ['source.security.sasl_mechanism', 'source.security.sasl_username', 'source.security.ssl_ca_location'],
    ],
    [
      '  security: {security_protocol: SASL_SSL, sasl_mechanism: AWS_MSK_IAM, sasl_username: u}\n',
      ['source.bootstrap_servers[0]', 'source.security.sasl_username'],
    ],
  ])('%s', (cluster, paths) => {
    expect(parseConfiguration(backup('', cluster), options).remarks.map(({ path }) => path)).toEqual(paths);
  });

  test('S3 keys with a directory, and classes that are slow to read', () => {
    const storage = (value: string) => read(backup('').replace(/storage:.*/, `storage: ${value}`)).remarks;
    expect(storage('{backend: filesystem, path: /b, region: eu-west-1}')).toEqual([
      'storage.region: not used with backend: filesystem',
    ]);
    expect(storage('{backend: s3, bucket: b, multipart_threshold: 5}')).toEqual([
      'storage.multipart_threshold: not used: the size of a part follows from backup.pack_bytes',
    ]);
    expect(storage('{backend: s3, bucket: b, class: DEEP_ARCHIVE}')).toEqual([
      'storage.class: packs have to be restored from this class before msk-backup can read them again',
    ]);
  });
});

test('a file for both modes is told only what its mode uses', () => {
  const text = `${backup('backup: {poll_interval_ms: 1}\nrestore: {produce_batch_size: 1}').replace('mode: backup\n', '')}
target: {bootstrap_servers: [b:9092]}`;
  const paths = (mode: 'backup' | 'restore') =>
    parseConfiguration(text, { ...options, mode }).remarks.map(({ path }) => path);
  expect(paths('backup')).toEqual(['backup.poll_interval_ms']);
  expect(paths('restore')).toEqual(['restore.produce_batch_size']);
});
