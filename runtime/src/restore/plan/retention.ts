import type { BatchCodec } from '../../batch/header.ts';
import type { StakeSoFar } from '../../journal/entries.ts';
import type { PausedSetting } from './topic-config.ts';

/** What a topic deletes by itself. */
export interface RetentionLimits {
  /** Age in ms; Infinity for none. */
  ms: number;
  /** Size of a partition in bytes; Infinity for none. */
  bytes: number;
  /** What the broker compresses everything with; undefined when it keeps what it gets. */
  codec?: BatchCodec;
}

export const KEEPS_ALL: RetentionLimits = { ms: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

/** The limits among settings, by their values before the restore; a topic that is only compacted has none. */
export function retentionLimits(effective: (name: string) => string | undefined): RetentionLimits {
  if (!(effective('cleanup.policy') ?? 'delete').includes('delete')) return KEEPS_ALL;
  const codec = CODECS.get(effective('compression.type') ?? 'producer');
  return {
    ms: limit(effective('retention.ms')),
    bytes: limit(effective('retention.bytes')),
    ...(codec !== undefined && { codec }),
  };
}

/** Values of compression.type that make a broker compress batches anew. */
const CODECS = new Map<string, BatchCodec>([
  ['uncompressed', 'none'],
  ['gzip', 'gzip'],
  ['snappy', 'snappy'],
  ['lz4', 'lz4'],
  ['zstd', 'zstd'],
]);

function limit(value: string | undefined): number {
  const number = value === undefined || value === '' ? -1 : Number(value);
  return number < 0 || Number.isNaN(number) ? Number.POSITIVE_INFINITY : number;
}

/**
 * What of a partition the limits would delete. Counted batch by batch, because a broker that writes old records starts a
 * new segment whenever their timestamps move on by segment.ms: the index's rows are too coarse.
 */
export class AtStake {
  readonly #limits: RetentionLimits;
  readonly #olderThan: number;
  /** Epoch ms: the smallest of the batches' largest timestamps. */
  #oldest = Number.POSITIVE_INFINITY;
  #olderRecords = 0;
  #records = 0;
  /** Of the batches as they are produced: merged, split, numbered anew, with added headers. */
  #bytes = 0;
  /** The broker compresses anew, so that nobody knows the size. */
  #sizeUnknown = false;

  /** @param now epoch ms */
  constructor(limits: RetentionLimits, now: number) {
    this.#limits = limits;
    this.#olderThan = now - limits.ms;
  }

  /** What is counted so far, so that a later run knows it of batches that it does not read. */
  get soFar(): StakeSoFar {
    return {
      oldest: Number.isFinite(this.#oldest) ? this.#oldest : null,
      olderRecords: this.#olderRecords,
      records: this.#records,
      bytes: this.#bytes,
      sizeUnknown: this.#sizeUnknown,
    };
  }

  /** Adds what an earlier run has counted. */
  takeOver({ oldest, olderRecords, records, bytes, sizeUnknown }: StakeSoFar): void {
    this.#oldest = Math.min(this.#oldest, oldest ?? Number.POSITIVE_INFINITY);
    this.#olderRecords += olderRecords;
    this.#records += records;
    this.#bytes += bytes;
    this.#sizeUnknown ||= sizeUnknown;
  }

  /** Counts an archived batch: records and age are its own, whatever it becomes on its way. */
  add(batch: { maxTimestamp: number; recordCount: number; codec: BatchCodec }): void {
    this.#records += batch.recordCount;
    if (this.#limits.codec !== undefined && this.#limits.codec !== batch.codec) this.#sizeUnknown = true;
    // Records without a timestamp are kept by the age of the file that holds them.
    if (batch.maxTimestamp < 0) return;
    this.#oldest = Math.min(this.#oldest, batch.maxTimestamp);
    if (batch.maxTimestamp <= this.#olderThan) this.#olderRecords += batch.recordCount;
  }

  /** Counts what is sent of them: that is what the partition's size is made of. */
  addProduced(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Records that are deleted if retention.ms is set back at `now` (at least: the count is as of the start); 0 for none. */
  byAge(now: number): number {
    return this.#oldest <= now - this.#limits.ms ? Math.max(1, this.#olderRecords) : 0;
  }

  /** Records that retention.bytes may delete, about; all of them where the size is not known. */
  bySize(): number {
    if (this.#sizeUnknown && Number.isFinite(this.#limits.bytes)) return this.#records;
    if (this.#bytes <= this.#limits.bytes) return 0;
    return Math.max(1, Math.round((this.#records * (this.#bytes - this.#limits.bytes)) / this.#bytes));
  }
}

export interface SetBack {
  settings: PausedSetting[];
  /** What stays paused and why; undefined when everything is set back. */
  stays?: string;
}

/** Divides a topic's paused settings into those that can be set back without deleting restored records and the others. */
export function planSetBack(
  settings: PausedSetting[],
  partitions: AtStake[],
  options: { regardless: boolean; now: number },
): SetBack {
  const byAge = sum(partitions.map((partition) => partition.byAge(options.now)));
  const bySize = sum(partitions.map((partition) => partition.bySize()));
  if (options.regardless || byAge + bySize === 0) return { settings };
  const stays: string[] = [];
  const keep = (setting: PausedSetting, records: number) => {
    if (records > 0) stays.push(`${setting.name} (${setting.effective}) would delete ${records} restored records`);
    return records > 0;
  };
  const back = settings.filter((setting) => {
    if (setting.name === 'retention.ms') return !keep(setting, byAge);
    if (setting.name === 'retention.bytes') return !keep(setting, bySize);
    // local.retention.*: deletes only what the remote storage holds.
    return true;
  });
  return { settings: back, stays: stays.length > 0 ? stays.join('; ') : undefined };
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
