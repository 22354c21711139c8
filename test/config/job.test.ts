import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { describeJob } from '../../runtime/src/config/describe-job.ts';
import type { BackupJob, RestoreJob } from '../../runtime/src/config/job.ts';
import { parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';

const options = { file: 'f.yaml', env: {}, now: new Date('2026-11-24T11:05:01Z') };
const parse = (value: unknown) => parseConfiguration(stringify(value), options);
const MIB = 2 ** 20;

const minimalBackup = { mode: 'backup', source: { bootstrap_servers: 'b-1:9092' }, storage: '/backups' };
const minimalRestore = { mode: 'restore', target: { bootstrap_servers: 'b-1:9092' }, storage: 's3://b' };

const fullBackup = {
  mode: 'backup',
  backup_id: 'nightly',
  source: {
    bootstrap_servers: ['b-1:9094', 'b-2:9094'],
    security: {
      security_protocol: 'SSL',
      ssl_ca_location: 'ca.pem',
      ssl_certificate_location: 'c.pem',
      ssl_key_location: 'k.pem',
    },
    connection: { connect_timeout: '2s', request_timeout: '1m' },
    topics: { include: ['orders*', 'payments'], exclude: ['*-test'] },
  },
  storage: {
    backend: 's3',
    bucket: 'kafka-backups',
    prefix: '/msk//orders/',
    region: 'eu-west-1',
    endpoint: 'http://127.0.0.1:9000',
    path_style: false,
    class: 'STANDARD_IA',
    kms_key_id: 'arn:aws:kms:eu-west-1:123456789012:key/abc',
    max_concurrent_uploads: 8,
  },
  backup: {
    source_cluster_id: 'production',
    compression: 'none',
    compression_level: 19,
    full: true,
    start_offset: { orders: { 0: 100, 1: 7 } },
    continuous: true,
    snapshot_interval: '90s',
    include_internal_topics: true,
    internal_topics: ['__consumer_offsets'],
    on_missing_topic: 'warn',
    when_running: 'stop',
    consumer_groups: ['amazon.lambda.*', 'billing'],
    max_concurrent_partitions: 16,
    fetch_max_bytes: '16MiB',
    buffer_bytes: '128MiB',
    pack_bytes: '32MB',
  },
  metrics: {
    cloudwatch: true,
    topics: 'true',
    enabled: true,
    port: 9102,
    bind_address: '127.0.0.1',
    path: '/m',
    keep_alive_seconds: 15,
  },
};

const fullRestore = {
  mode: 'restore',
  backup_id: 'nightly',
  target: { bootstrap_servers: ['[::1]:9092'], topics: { include: ['~^orders', 'pay*'], exclude: ['*-test'] } },
  storage: { backend: 'filesystem', path: 'backups', prefix: 'a/b' },
  restore: {
    create_topics: false,
    default_replication_factor: 2,
    offsets: 'exact',
    offset_headroom: 1000,
    max_filler_markers: '0',
    fill_holes_with: 'markers',
    topic_mapping: { orders: 'orders-restored' },
    source_partitions: [3, 0, 3],
    partition_mapping: { 3: 1, 0: '0' },
    time_window_start: '2024-12-01T18:00:00.5+01:00',
    time_window_end: 1733072400500,
    allow_non_empty: false,
    include_expired: true,
    include_original_offset_header: true,
    rate_limit_bytes_per_sec: '10MB',
    rate_limit_records_per_sec: 5000,
    max_concurrent_partitions: 2,
    buffer_bytes: '16MiB',
    produce_timeout_ms: 1000,
    restore_topic_configs: false,
    topic_config_overrides: { 'retention.ms': -1, 'cleanup.policy': 'compact' },
    retention: 'original',
    consumer_groups: ['billing', 'amazon.lambda.*'],
    lambda: [
      { function: 'orders', strategy: 'reset', starting_timestamp: '2024-12-01T17:00:00Z' },
      {
        uuid: '14e0db71-5d35-4eb5-b481-8945cf9d10c2',
        cluster_arn: 'arn:aws:kafka:eu-central-1:123456789012:cluster/dr/1b5f-2',
        strategy: 'resume',
        region: 'eu-central-1',
        endpoint: 'http://127.0.0.1:9001',
      },
    ],
    state: { backend: 's3', bucket: 'restores', prefix: 'dr/', region: 'eu-central-1' },
    report_file: 'report.json',
    dry_run: true,
  },
  drill: { topic_prefix: 'dr-', verify_partitions: 5 },
};

const repartitionedRestore = {
  ...minimalRestore,
  restore: {
    allow_non_empty: true,
    repartitioning: { orders: { strategy: 'automatic', target_partitions: '12' }, payments: { target_partitions: 3 } },
    reset_consumer_offsets: true,
    lambda: { function: 'orders', strategy: 'resume' },
    state: 's3://restores/dr?region=eu-central-1',
  },
};

describe('a backup', () => {
  test('has these defaults', () => {
    expect(parse(minimalBackup)).toMatchObject({ remarks: [] });
    expect(parse(minimalBackup).job).toEqual({
      mode: 'backup',
      backupId: 'backup-20261124T110501Z',
      source: {
        bootstrapServers: ['b-1:9092'],
        security: { protocol: 'PLAINTEXT' },
        connectTimeoutMs: 10_000,
        requestTimeoutMs: 30_000,
      },
      topics: { include: [], exclude: [] },
      storage: { backend: 'filesystem', path: '/backups', prefix: '' },
      compression: 'zstd',
      compressionLevel: 1,
      recompress: false,
      full: false,
      startOffset: 'earliest',
      continuous: false,
      snapshotIntervalMs: 300_000,
      includeInternalTopics: false,
      internalTopics: [],
      onMissingTopic: 'fail',
      whenRunning: 'wait',
      maxConcurrentPartitions: 64,
      fetchMaxBytes: 8 * MIB,
      bufferBytes: 64 * MIB,
      packBytes: 64 * MIB,
      metrics: { cloudwatch: false, topics: false },
    } satisfies BackupJob);
  });

  test('takes everything that can be said', () => {
    expect(parse(fullBackup).job).toEqual({
      mode: 'backup',
      backupId: 'nightly',
      source: {
        bootstrapServers: ['b-1:9094', 'b-2:9094'],
        security: { protocol: 'SSL', caFile: 'ca.pem', certificateFile: 'c.pem', keyFile: 'k.pem' },
        connectTimeoutMs: 2000,
        requestTimeoutMs: 60_000,
      },
      topics: { include: ['orders*', 'payments'], exclude: ['*-test'] },
      storage: {
        backend: 's3',
        bucket: 'kafka-backups',
        prefix: 'msk/orders',
        region: 'eu-west-1',
        endpoint: 'http://127.0.0.1:9000',
        pathStyle: false,
        storageClass: 'STANDARD_IA',
        kmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/abc',
        maxConcurrentUploads: 8,
      },
      sourceClusterLabel: 'production',
      compression: 'none',
      compressionLevel: 19,
      recompress: false,
      full: true,
      startOffset: { orders: { 0: 100, 1: 7 } },
      continuous: true,
      snapshotIntervalMs: 90_000,
      includeInternalTopics: true,
      internalTopics: ['__consumer_offsets'],
      onMissingTopic: 'warn',
      whenRunning: 'stop',
      consumerGroups: ['amazon.lambda.*', 'billing'],
      maxConcurrentPartitions: 16,
      fetchMaxBytes: 16 * MIB,
      bufferBytes: 128 * MIB,
      packBytes: 32_000_000,
      metrics: {
        cloudwatch: true,
        topics: true,
        prometheus: { port: 9102, bindAddress: '127.0.0.1', path: '/m', keepAliveSeconds: 15 },
      },
    } satisfies BackupJob);
  });
});

describe('a restore', () => {
  test('has these defaults', () => {
    expect(parse(minimalRestore).job).toEqual({
      mode: 'restore',
      backupId: 'latest',
      target: {
        bootstrapServers: ['b-1:9092'],
        security: { protocol: 'PLAINTEXT' },
        connectTimeoutMs: 10_000,
        requestTimeoutMs: 30_000,
      },
      topics: { include: [], exclude: [] },
      storage: { backend: 's3', bucket: 'b', prefix: '', pathStyle: false, maxConcurrentUploads: 4 },
      createTopics: true,
      offsets: 'translate',
      offsetHeadroom: 0,
      maxFillerMarkers: 100_000,
      fillHolesWith: 'transactions',
      topicMapping: {},
      partitionMapping: new Map(),
      repartitioning: {},
      lambda: [],
      allowNonEmpty: false,
      includeExpired: false,
      includeOriginalOffsetHeader: false,
      maxConcurrentPartitions: 64,
      bufferBytes: 64 * MIB,
      produceTimeoutMs: 30_000,
      restoreTopicConfigs: true,
      topicConfigOverrides: {},
      retention: 'pause',
      dryRun: false,
      drill: { topicPrefix: 'drill-', verifyPartitions: undefined },
      metrics: { cloudwatch: false, topics: false },
    } satisfies RestoreJob);
  });

  test('takes everything that can be said', () => {
    expect(parse(fullRestore).job).toEqual({
      mode: 'restore',
      backupId: 'nightly',
      target: {
        bootstrapServers: ['[::1]:9092'],
        security: { protocol: 'PLAINTEXT' },
        connectTimeoutMs: 10_000,
        requestTimeoutMs: 30_000,
      },
      topics: { include: ['~^orders', 'pay*'], exclude: ['*-test'] },
      storage: { backend: 'filesystem', path: 'backups', prefix: 'a/b' },
      createTopics: false,
      replicationFactor: 2,
      offsets: 'exact',
      offsetHeadroom: 1000,
      maxFillerMarkers: 0,
      fillHolesWith: 'markers',
      topicMapping: { orders: 'orders-restored' },
      sourcePartitions: [0, 3],
      partitionMapping: new Map([[3, 1]]),
      repartitioning: {},
      timeWindow: { start: Date.UTC(2024, 11, 1, 17, 0, 0, 500), end: 1733072400500 },
      allowNonEmpty: false,
      includeExpired: true,
      includeOriginalOffsetHeader: true,
      rateLimitBytesPerSec: 10_000_000,
      rateLimitRecordsPerSec: 5000,
      maxConcurrentPartitions: 2,
      bufferBytes: 16 * MIB,
      produceTimeoutMs: 1000,
      restoreTopicConfigs: false,
      topicConfigOverrides: { 'retention.ms': '-1', 'cleanup.policy': 'compact' },
      retention: 'original',
      consumerGroups: ['billing', 'amazon.lambda.*'],
      lambda: [
        { functionName: 'orders', strategy: 'reset', startingTimestamp: Date.UTC(2024, 11, 1, 17) },
        {
          uuid: '14e0db71-5d35-4eb5-b481-8945cf9d10c2',
          clusterArn: 'arn:aws:kafka:eu-central-1:123456789012:cluster/dr/1b5f-2',
          strategy: 'resume',
          region: 'eu-central-1',
          endpoint: 'http://127.0.0.1:9001',
        },
      ],
      state: {
        backend: 's3',
        bucket: 'restores',
        prefix: 'dr',
        region: 'eu-central-1',
        pathStyle: false,
        maxConcurrentUploads: 4,
      },
      reportFile: 'report.json',
      dryRun: true,
      drill: { topicPrefix: 'dr-', verifyPartitions: 5 },
      metrics: { cloudwatch: false, topics: false },
    } satisfies RestoreJob);
  });

  test('spreads topics by their keys', () => {
    const { job, remarks } = parse(repartitionedRestore);
    expect(job).toMatchObject({
      repartitioning: {
        orders: { strategy: 'murmur2', partitions: 12 },
        payments: { strategy: 'murmur2', partitions: 3 },
      },
      consumerGroups: [],
      lambda: [{ functionName: 'orders', strategy: 'resume' }],
      state: { backend: 's3', bucket: 'restores', prefix: 'dr', region: 'eu-central-1' },
    });
    expect(remarks.map(({ path }) => path)).toEqual(['restore.reset_consumer_offsets']);
  });

  test.each([
    [{ time_window_end: 1701450000000 }, { end: 1701450000000 }],
    [{ time_window_start: '1701450000000' }, { start: 1701450000000 }],
    [
      { time_window_start: 0, time_window_end: 0 },
      { start: 0, end: 0 },
    ],
    [{ time_window_end: '2024-12-01T17:00Z' }, { end: Date.UTC(2024, 11, 1, 17) }],
    [{ time_window_end: '2024-12-01 12:00:00.123456 -0500' }, { end: Date.UTC(2024, 11, 1, 17, 0, 0, 123) }],
    [{ time_window_end: '2024-02-29T00:00:00z' }, { end: Date.UTC(2024, 1, 29) }],
  ])('with the window %j', (restore, timeWindow) => {
    expect(parse({ ...minimalRestore, restore }).job).toMatchObject({ timeWindow });
  });
});

describe('the description of a job', () => {
  test.each([minimalBackup, minimalRestore, fullBackup, fullRestore, repartitionedRestore])(
    'is a configuration that comes to the same: %#',
    (given) => {
      const { job, remarks } = parse(given);
      const again = parse(describeJob(job));
      expect(again.job).toEqual(job);
      const paths = (told: typeof remarks) => told.map(({ path }) => path);
      expect(paths(remarks)).toEqual(expect.arrayContaining(paths(again.remarks)));
    },
  );

  test('of SASL, too, once the password is put in', () => {
    const security = {
      security_protocol: 'SASL_SSL',
      sasl_mechanism: 'SCRAM-SHA-256',
      sasl_username: 'u',
      sasl_password: 'p',
    };
    const { job } = parse({ ...minimalBackup, source: { bootstrap_servers: 'b:9096', security } });
    expect(describeJob(job)).toMatchObject({ source: { security: { ...security, sasl_password: '***' } } });
  });
});

describe('storage', () => {
  test.each([
    [
      's3://b/p/q?region=eu-west-1&path_style=true',
      { backend: 's3', bucket: 'b', prefix: 'p/q', region: 'eu-west-1', pathStyle: true },
    ],
    [
      's3://b?endpoint=http://127.0.0.1:9000',
      { backend: 's3', bucket: 'b', prefix: '', endpoint: 'http://127.0.0.1:9000', pathStyle: true },
    ],
    ['s3://b/p%20q/', { backend: 's3', bucket: 'b', prefix: 'p q', pathStyle: false }],
    ['file:///var/backups', { backend: 'filesystem', path: '/var/backups', prefix: '' }],
    ['./backups', { backend: 'filesystem', path: './backups', prefix: '' }],
  ])('%s', (storage, expected) => {
    expect(parse({ ...minimalBackup, storage }).job.storage).toMatchObject(expected);
  });
});

describe('brokers', () => {
  const servers = (bootstrap_servers: unknown, security = {}) => {
    const { job, remarks } = parse({ ...minimalBackup, source: { bootstrap_servers, security } });
    return { servers: job.mode === 'backup' && job.source.bootstrapServers, remarks };
  };
  const iam = { sasl_mechanism: 'AWS_MSK_IAM' };

  test('are split at commas, trimmed, and named once', () => {
    expect(servers([' b-1:9092 , b-2:9092,', 'b-1:9092']).servers).toEqual(['b-1:9092', 'b-2:9092']);
  });

  test('with IAM go to its port', () => {
    expect(servers(['b-1:9092', 'b-2', 'b-3:9098', 'b-4:9198'], iam)).toEqual({
      servers: ['b-1:9098', 'b-2:9098', 'b-3:9098', 'b-4:9198'],
      remarks: [
        { path: 'source.bootstrap_servers[0]', line: 4, message: 'port 9092 takes no IAM: 9098 is used' },
        { path: 'source.bootstrap_servers[1]', line: 5, message: 'has no port: 9098 is used' },
      ],
    });
  });

  test('IAM means SASL_SSL', () => {
    expect(parse({ ...minimalBackup, source: { bootstrap_servers: 'b', security: iam } }).job).toMatchObject({
      source: { security: { protocol: 'SASL_SSL', mechanism: 'AWS_MSK_IAM' } },
    });
  });
});
