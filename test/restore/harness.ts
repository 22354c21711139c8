import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runBackup } from '../../runtime/src/backup/run.ts';
import type { BackupJob, KafkaEndpoint, RestoreJob, StorageLocation } from '../../runtime/src/config/job.ts';
import type { RunContext } from '../../runtime/src/observe/run-context.ts';
import type { RestoreReport } from '../../runtime/src/restore/report/report.ts';
import { type RestoreOptions, runRestore } from '../../runtime/src/restore/run.ts';
import type { KafkaCluster } from '../support/kafka/cluster.ts';
import type { ReadRecord } from '../support/kafka/java-client.ts';

export function endpointOf(kafka: KafkaCluster): KafkaEndpoint {
  return {
    bootstrapServers: kafka.bootstrapServers,
    security: { protocol: 'PLAINTEXT' },
    connectTimeoutMs: 5_000,
    requestTimeoutMs: 10_000,
  };
}

/** A context that gathers what is told; the signal is the caller's, or never aborts. */
export function context(signal: AbortSignal = new AbortController().signal, advance: () => void = () => {}) {
  const notes: string[] = [];
  const run: RunContext = {
    signal,
    progress: { stage() {}, advance, note: (_level, message) => notes.push(message) },
  };
  return { run, notes };
}

/** An archive directory that goes when the test has ended. */
export async function newStorage(): Promise<Extract<StorageLocation, { backend: 'filesystem' }>> {
  const path = await mkdtemp(join(tmpdir(), 'msk-backup-restore-'));
  onTestFinished(async () => {
    for (const directory of [path, `${path}-restores`]) await rm(directory, { recursive: true, force: true });
  });
  return { backend: 'filesystem', path, prefix: '' };
}

/** Backs topics up into a new archive, or the next snapshot into one that there is. */
export async function backUp(
  kafka: KafkaCluster,
  include: string[],
  storage?: StorageLocation,
  over: Partial<BackupJob> = {},
): Promise<StorageLocation> {
  const into = storage ?? (await newStorage());
  const job: BackupJob = {
    mode: 'backup',
    backupId: 'monday',
    source: endpointOf(kafka),
    topics: { include, exclude: [] },
    storage: into,
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
    fetchMaxBytes: 8 * 1024 * 1024,
    bufferBytes: 64 * 1024 * 1024,
    packBytes: 64 * 1024 * 1024,
    metrics: { cloudwatch: false, topics: false },
    ...over,
  };
  await runBackup(job, context().run);
  return into;
}

export function restoreJob(kafka: KafkaCluster, storage: StorageLocation, over: Partial<RestoreJob> = {}): RestoreJob {
  return {
    mode: 'restore',
    backupId: 'latest',
    target: endpointOf(kafka),
    topics: { include: [], exclude: [] },
    storage,
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
    bufferBytes: 64 * 1024 * 1024,
    produceTimeoutMs: 10_000,
    restoreTopicConfigs: true,
    topicConfigOverrides: {},
    retention: 'pause',
    dryRun: false,
    drill: { topicPrefix: 'drill-' },
    metrics: { cloudwatch: false, topics: false },
    ...over,
  };
}

/** Restores; what was told comes with the report. */
export async function restore(
  kafka: KafkaCluster,
  storage: StorageLocation,
  over: Partial<RestoreJob> = {},
  options: RestoreOptions = {},
): Promise<RestoreReport & { notes: string[] }> {
  const { run, notes } = context();
  return { ...(await runRestore(restoreJob(kafka, storage, over), run, options)), notes };
}

/** What has to be the same at the target, partition by partition in order, one line a record; offsets need not. */
export function content(records: ReadRecord[]): string[] {
  return records.map(({ partition, timestamp, key, value, headers }) =>
    JSON.stringify([
      partition,
      timestamp,
      text(key),
      text(value),
      headers.map(([name, content]) => [name, text(content)]),
    ]),
  );
}

function text(bytes: Buffer | null): string | null {
  return bytes?.toString('latin1') ?? null;
}
