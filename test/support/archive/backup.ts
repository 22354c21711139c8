/** Backups of a test cluster into a directory, and what their snapshots hold, decoded for comparison. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { readFrame } from '../../../runtime/src/archive/frame-reader.ts';
import type { Snapshot } from '../../../runtime/src/archive/snapshot.ts';
import { framesOf } from '../../../runtime/src/archive/snapshot-frames.ts';
import type { BackupResult } from '../../../runtime/src/backup/result.ts';
import { runBackup } from '../../../runtime/src/backup/run.ts';
import { decodeRecords } from '../../../runtime/src/batch/records.ts';
import { walkBatches } from '../../../runtime/src/batch/walk.ts';
import type { BackupJob } from '../../../runtime/src/config/job.ts';
import { parseConfiguration } from '../../../runtime/src/config/parse-configuration.ts';
import type { Progress } from '../../../runtime/src/observe/progress.ts';
import { FilesystemStore } from '../../../runtime/src/storage/filesystem-store.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import type { ReadRecord } from '../kafka/java-client.ts';

export interface RunOptions {
  /** Keys of the `backup` section. */
  backup?: Record<string, unknown>;
  /** Changes to the job that no key makes. */
  job?: Partial<BackupJob>;
  backupId?: string;
  signal?: AbortSignal;
  onAdvance?: Progress['advance'];
}

/** An archive in a directory of its own. */
export class TestArchive {
  readonly path: string;
  readonly store: FilesystemStore;
  /** What the last run told. */
  notes: string[] = [];

  private constructor(path: string) {
    this.path = path;
    this.store = new FilesystemStore(path);
  }

  static async create(): Promise<TestArchive> {
    return new TestArchive(await mkdtemp(join(tmpdir(), 'msk-backup-archive-')));
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  job(cluster: KafkaCluster, topics: string[], options: RunOptions = {}): BackupJob {
    const text = stringify({
      mode: 'backup',
      // The braces are the configuration's own, to be expanded when it is read.
      backup_id: options.backupId ?? ['b-', '{TIMESTAMP}'].join('$'),
      source: { bootstrap_servers: cluster.bootstrapServers, topics: { include: topics } },
      storage: { backend: 'filesystem', path: this.path },
      backup: options.backup ?? {},
    });
    const { job } = parseConfiguration(text, { file: 'test.yaml', env: {}, now: new Date() });
    return { ...(job as BackupJob), ...options.job };
  }

  async run(cluster: KafkaCluster, topics: string[], options: RunOptions = {}): Promise<BackupResult> {
    this.notes = [];
    const progress: Progress = {
      stage() {},
      advance: options.onAdvance ?? (() => {}),
      note: (_level, message) => this.notes.push(message),
    };
    const signal = options.signal ?? new AbortController().signal;
    return runBackup(this.job(cluster, topics, options), { progress, signal });
  }

  /** Runs once and gives the snapshot that this made. */
  async backup(cluster: KafkaCluster, topics: string[], options: RunOptions = {}): Promise<Snapshot> {
    const { snapshots } = await this.run(cluster, topics, options);
    return snapshots.at(-1)!;
  }

  /** The records that a snapshot holds of a topic, in the form and order in which the Java client reads a topic. */
  async records(snapshot: Snapshot, topic: string, options: { includeExpired?: boolean } = {}): Promise<ReadRecord[]> {
    const [found] = await framesOf(this.store, snapshot, { topics: (name) => name === topic, ...options });
    const records: ReadRecord[] = [];
    for (const held of found?.partitions ?? []) {
      const { partition } = held;
      for (const { frame, from, until } of held.frames()) {
        const raw = await readFrame(this.store, frame);
        for (const header of walkBatches(raw, { topic, partition: partition.partition }).batches) {
          for (const record of await decodeRecords(raw, header)) {
            if (record.offset < from || record.offset >= until) continue;
            records.push({
              partition: partition.partition,
              offset: record.offset,
              timestamp: record.timestamp,
              timestampType: header.timestampType,
              key: record.key,
              value: record.value,
              headers: record.headers.map(([name, value]) => [name.toString('utf8'), value]),
            });
          }
        }
      }
    }
    return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  }
}

/** `partition:offset=value` of each record: short enough to be read when a comparison fails. */
export function brief(records: ReadRecord[]): string[] {
  return records.map(
    ({ partition, offset, value }) => `${partition}:${offset}=${value === null ? '∅' : value.toString('utf8')}`,
  );
}
