/**
 * A configuration file, read, checked and filled with every default: what the engines take. The user's spelling is in
 * `schema`; units are in the names; secrets are wrapped so that no log or error can show them.
 */
import type { MetricsSettings } from './metrics.ts';
import type { Secret } from './secret.ts';

/** A value that is kept in Secrets Manager or in SSM's parameter store, and fetched when a run starts. */
export interface StoredValue {
  service: 'secretsmanager' | 'ssm';
  /** As it is written in the configuration. */
  arn: string;
  /** The ARN of the secret or parameter alone. */
  id: string;
  region: string;
  /** Secrets only: which value of a secret that is a JSON object. */
  jsonKey?: string;
  versionStage?: string;
  versionId?: string;
}

export interface KafkaSecurity {
  protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  mechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'AWS_MSK_IAM';
  username?: string | StoredValue;
  password?: Secret | StoredValue;
  /** Paths of PEM files, or PEM texts that are kept in AWS. */
  caFile?: string | StoredValue;
  certificateFile?: string | StoredValue;
  keyFile?: string | StoredValue;
  /** AWS_MSK_IAM: region of the cluster. Undefined: from the brokers' names, else the environment. */
  region?: string;
  /** AWS_MSK_IAM: role to connect as, for a cluster in another account. Undefined: the default credentials themselves. */
  assumeRole?: { arn: string; externalId?: string };
}

export interface KafkaEndpoint {
  /** `host:port`, at least one. */
  bootstrapServers: string[];
  security: KafkaSecurity;
  /** Default 10,000. */
  connectTimeoutMs: number;
  /** Default 30,000. */
  requestTimeoutMs: number;
}

/** Which topics: see `topic-patterns.ts`. An empty include means all; exclude wins. */
export interface TopicSelection {
  include: string[];
  exclude: string[];
}

export type StorageLocation =
  | {
      backend: 's3';
      bucket: string;
      /** Without slashes at either end; may be empty. */
      prefix: string;
      region?: string;
      endpoint?: string;
      accessKeyId?: string;
      secretAccessKey?: Secret;
      pathStyle: boolean;
      /** An S3 storage class, given to packs only. */
      storageClass?: string;
      /** ARN or id of the KMS key for SSE-KMS. */
      kmsKeyId?: string;
      /** Parts of multipart uploads in flight over the whole run. Default 4. */
      maxConcurrentUploads: number;
    }
  | { backend: 'filesystem'; path: string; prefix: string };

export interface BackupJob {
  mode: 'backup';
  backupId: string;
  source: KafkaEndpoint;
  topics: TopicSelection;
  storage: StorageLocation;
  /** `x-source-cluster` of restores, and the label in `list`. */
  sourceClusterLabel?: string;
  compression: 'zstd' | 'none';
  /** zstd level 1-22. Default 1. */
  compressionLevel: number;
  /** Compress frames even where the producer compressed the batches already. Default false. */
  recompress: boolean;
  /** Copy every partition from its log start again. Default false: go on where the newest snapshot ended. */
  full: boolean;
  /** Where a partition that the archive does not hold yet begins. */
  startOffset: 'earliest' | 'latest' | { [topic: string]: { [partition: string]: number } };
  continuous: boolean;
  /** Time between two snapshots of a continuous backup. Default 300,000. */
  snapshotIntervalMs: number;
  includeInternalTopics: boolean;
  /** With includeInternalTopics: only these; empty for all. */
  internalTopics: string[];
  /** What to do about a topic named literally that does not exist. Default `fail`. */
  onMissingTopic: 'fail' | 'warn';
  /** What to do when another backup is copying into the same archive. Default `wait`. */
  whenRunning: 'wait' | 'stop';
  /** Group ids and patterns (`amazon.lambda.*`); undefined for every group that has offsets on the topics. */
  consumerGroups?: string[];
  /** Partitions that are read at once. Default 64. */
  maxConcurrentPartitions: number;
  /** Limit of one fetch answer. Default 8 MiB. */
  fetchMaxBytes: number;
  /** Data held in memory between the brokers and the storage. Default 64 MiB. */
  bufferBytes: number;
  /** A pack is closed when it has this many bytes. Default 64 MiB. */
  packBytes: number;
  metrics: MetricsSettings;
}

export interface RestoreJob {
  mode: 'restore';
  /** A snapshot's backup_id, or `latest`. */
  backupId: string;
  target: KafkaEndpoint;
  /** Matched against the names in the snapshot; include may hold `~regex`. */
  topics: TopicSelection;
  storage: StorageLocation;
  createTopics: boolean;
  /** Undefined: as at the source, and at most the number of the target's brokers. */
  replicationFactor?: number;
  /**
   * `exact`: every record gets its source offset, holes are filled with markers. `translate` (default): records are
   * numbered from the target's end, and the map of the offsets is kept.
   */
  offsets: 'exact' | 'translate';
  /** Exact only: offsets to leave unused past the cut, for offsets that are kept outside Kafka. Default 0. */
  offsetHeadroom: number;
  /** Exact only: the plan is refused when a partition needs more markers than this. Default 100,000. */
  maxFillerMarkers: number;
  /** Exact only: `transactions` (default) are empty and aborted; `markers` are written as such, which needs Alter on the cluster. */
  fillHolesWith: 'transactions' | 'markers';
  /** Source name to target name. */
  topicMapping: Record<string, string>;
  /** Source partition to target partition, of every topic; those not named keep their number. No two become one. */
  partitionMapping: Map<number, number>;
  /** By target topic: records are spread over so many partitions by their keys, as Kafka's own producer does. */
  repartitioning: Record<string, { strategy: 'murmur2'; partitions: number }>;
  /** Only these partitions of the source; undefined for all. */
  sourcePartitions?: number[];
  /** Only records whose timestamp lies in it: epoch milliseconds, both ends included; a missing end is open. */
  timeWindow?: { start?: number; end?: number };
  allowNonEmpty: boolean;
  /** Bring back records below the log start at the cut, which the archive still has. Default false. */
  includeExpired: boolean;
  includeOriginalOffsetHeader: boolean;
  rateLimitBytesPerSec?: number;
  rateLimitRecordsPerSec?: number;
  /** Partitions written at once. Default 64. */
  maxConcurrentPartitions: number;
  /** Data held in memory between the storage and the brokers. Default 64 MiB. */
  bufferBytes: number;
  produceTimeoutMs: number;
  /** Copy the configuration of the source's topics. Default true. */
  restoreTopicConfigs: boolean;
  /** Applied on top of the source's. */
  topicConfigOverrides: Record<string, string>;
  /** `pause`: retention is switched off while restoring and set back where that deletes nothing restored. */
  retention: 'pause' | 'original';
  /** Consumer groups whose offsets are committed at the target: ids and patterns, empty for all of the snapshot. Undefined: none. */
  consumerGroups?: string[];
  /** Lambda event source mappings that are stopped for the restore and go on after it. */
  lambda: LambdaMapping[];
  /** Where a restore keeps what it needs to go on, and its report. Undefined: beside the archive (journal/state-location.ts). */
  state?: StorageLocation;
  /** Where else the report goes: a local file; undefined for none. */
  reportFile?: string;
  dryRun: boolean;
  drill: DrillSettings;
  metrics: MetricsSettings;
}

/** How a drill differs from the restore that it tries. */
export interface DrillSettings {
  /** What the names of its topics and groups begin with. Default `drill-`. */
  topicPrefix: string;
  /** Partitions to compare record by record, chosen at random. Undefined: all. */
  verifyPartitions?: number;
}

/** A Lambda event source mapping, or all mappings of a function that read a restored topic. */
export interface LambdaMapping {
  /** UUID of a mapping; else `functionName`. */
  uuid?: string;
  /** Name or ARN of a function. */
  functionName?: string;
  /** Of the MSK cluster that the mapping reads after the restore. Undefined: the one that it read before. */
  clusterArn?: string;
  /**
   * `reset`: made anew to read from the start (or `startingTimestamp`). `resume`: made anew with the group's offsets committed
   * before, so that it goes on at the next record.
   */
  strategy: 'reset' | 'resume';
  /** To read with: for `resume` the group of the snapshot whose offsets are taken. Undefined: as `strategy` chooses. */
  consumerGroup?: string;
  /** Epoch ms; `reset` only. Undefined: TRIM_HORIZON. */
  startingTimestamp?: number;
  /** Of Lambda. Undefined: from the cluster ARN, else the environment. */
  region?: string;
  /** URL of Lambda's API, for tests and private endpoints. */
  endpoint?: string;
}

export type Job = BackupJob | RestoreJob;
