/**
 * A configuration file, read, checked and filled with every default: what the engines take. The user's spelling is in
 * `schema`; units are in the names; secrets are wrapped so that no log or error can show them.
 */
import type { Secret } from './secret.ts';

export interface KafkaSecurity {
  protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  mechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'AWS_MSK_IAM';
  username?: string;
  password?: Secret;
  /** Paths of PEM files. */
  caFile?: string;
  certificateFile?: string;
  keyFile?: string;
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
  /** Source name to target name. */
  topicMapping: Record<string, string>;
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
  /** Where the report goes: a local file; undefined for none. */
  reportFile?: string;
  dryRun: boolean;
}

export type Job = BackupJob | RestoreJob;
