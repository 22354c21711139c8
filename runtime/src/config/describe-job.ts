import type { BackupJob, Job, KafkaEndpoint, LambdaMapping, RestoreJob, StorageLocation } from './job.ts';
import type { MetricsSettings } from './metrics.ts';
import { describeSetting } from './security.ts';

const MASK = '***';

/** Undefined for what is not set: YAML and JSON leave it out. */
export type Described = {
  [key: string]: Described | Described[] | string | number | boolean | string[] | number[] | undefined;
};

/**
 * What a configuration comes to, with every default filled in, in the spelling of the file: it can be used as one once
 * the secrets, which are masked, are put in.
 */
export function describeJob(job: Job): Described {
  return job.mode === 'backup' ? describeBackup(job) : describeRestore(job);
}

function describeBackup(job: BackupJob): Described {
  return {
    mode: job.mode,
    backup_id: job.backupId,
    source: { ...describeEndpoint(job.source), topics: { ...job.topics } },
    storage: describeStorage(job.storage),
    backup: {
      source_cluster_id: job.sourceClusterLabel,
      compression: job.compression,
      compression_level: job.compressionLevel,
      recompress: job.recompress,
      full: job.full,
      start_offset: job.startOffset,
      continuous: job.continuous,
      snapshot_interval: job.continuous ? `${job.snapshotIntervalMs}ms` : undefined,
      include_internal_topics: job.includeInternalTopics,
      internal_topics: job.includeInternalTopics ? job.internalTopics : undefined,
      on_missing_topic: job.onMissingTopic,
      when_running: job.whenRunning,
      consumer_groups: job.consumerGroups,
      max_concurrent_partitions: job.maxConcurrentPartitions,
      fetch_max_bytes: job.fetchMaxBytes,
      buffer_bytes: job.bufferBytes,
      pack_bytes: job.packBytes,
    },
    metrics: describeMetrics(job.metrics),
  };
}

function describeRestore(job: RestoreJob): Described {
  return {
    mode: job.mode,
    backup_id: job.backupId,
    target: { ...describeEndpoint(job.target), topics: { ...job.topics } },
    storage: describeStorage(job.storage),
    restore: {
      create_topics: job.createTopics,
      default_replication_factor: job.replicationFactor,
      offsets: job.offsets,
      ...(job.offsets === 'exact' && {
        offset_headroom: job.offsetHeadroom,
        max_filler_markers: job.maxFillerMarkers,
        fill_holes_with: job.fillHolesWith,
      }),
      topic_mapping: job.topicMapping,
      partition_mapping: Object.fromEntries(job.partitionMapping),
      repartitioning: Object.fromEntries(
        Object.entries(job.repartitioning).map(([topic, { strategy, partitions }]) => [
          topic,
          { strategy, target_partitions: partitions },
        ]),
      ),
      source_partitions: job.sourcePartitions,
      time_window_start: describeTime(job.timeWindow?.start),
      time_window_end: describeTime(job.timeWindow?.end),
      allow_non_empty: job.allowNonEmpty,
      include_expired: job.includeExpired,
      include_original_offset_header: job.includeOriginalOffsetHeader,
      rate_limit_bytes_per_sec: job.rateLimitBytesPerSec,
      rate_limit_records_per_sec: job.rateLimitRecordsPerSec,
      max_concurrent_partitions: job.maxConcurrentPartitions,
      buffer_bytes: job.bufferBytes,
      produce_timeout_ms: job.produceTimeoutMs,
      restore_topic_configs: job.restoreTopicConfigs,
      topic_config_overrides: job.topicConfigOverrides,
      retention: job.retention,
      consumer_groups: job.consumerGroups,
      reset_consumer_offsets: job.consumerGroups !== undefined,
      lambda: job.lambda.map(describeMapping),
      state: job.state && describeStorage(job.state),
      report_file: job.reportFile,
      dry_run: job.dryRun,
    },
    drill: { topic_prefix: job.drill.topicPrefix, verify_partitions: job.drill.verifyPartitions },
    metrics: describeMetrics(job.metrics),
  };
}

function describeEndpoint(endpoint: KafkaEndpoint): Described {
  const { security } = endpoint;
  return {
    bootstrap_servers: endpoint.bootstrapServers,
    security: {
      security_protocol: security.protocol,
      sasl_mechanism: security.mechanism,
      sasl_username: describeSetting(security.username),
      sasl_password: describeSetting(security.password),
      ssl_ca_location: describeSetting(security.caFile),
      ssl_certificate_location: describeSetting(security.certificateFile),
      ssl_key_location: describeSetting(security.keyFile),
      region: security.region,
      assume_role_arn: security.assumeRole?.arn,
      assume_role_external_id: security.assumeRole?.externalId,
    },
    connection: {
      connect_timeout: `${endpoint.connectTimeoutMs}ms`,
      request_timeout: `${endpoint.requestTimeoutMs}ms`,
    },
  };
}

function describeStorage(storage: StorageLocation): Described {
  if (storage.backend === 'filesystem') return { backend: storage.backend, path: storage.path, prefix: storage.prefix };
  return {
    backend: storage.backend,
    bucket: storage.bucket,
    prefix: storage.prefix,
    region: storage.region,
    endpoint: storage.endpoint,
    // An access key id is no secret by itself, but it does not belong into what people paste into tickets either.
    access_key: storage.accessKeyId && MASK,
    secret_key: storage.secretAccessKey && MASK,
    path_style: storage.pathStyle,
    allow_http: storage.endpoint?.startsWith('http:') ? true : undefined,
    class: storage.storageClass,
    sse_kms_key_id: storage.kmsKeyId,
    max_concurrent_uploads: storage.maxConcurrentUploads,
  };
}

function describeMetrics({ cloudwatch, topics, prometheus }: MetricsSettings): Described {
  return {
    cloudwatch,
    topics,
    enabled: prometheus !== undefined,
    ...(prometheus !== undefined && {
      port: prometheus.port,
      bind_address: prometheus.bindAddress,
      path: prometheus.path,
      keep_alive_seconds: prometheus.keepAliveSeconds,
    }),
  };
}

function describeMapping(mapping: LambdaMapping): Described {
  return {
    uuid: mapping.uuid,
    function: mapping.functionName,
    cluster_arn: mapping.clusterArn,
    strategy: mapping.strategy,
    consumer_group: mapping.consumerGroup,
    starting_timestamp: describeTime(mapping.startingTimestamp),
    region: mapping.region,
    endpoint: mapping.endpoint,
  };
}

function describeTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
