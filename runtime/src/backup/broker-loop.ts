import { MskBackupError } from '../errors.ts';
import { BufferPool } from '../flow/buffer-pool.ts';
import { unlessAborted } from '../flow/unless-aborted.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { kafkaError } from '../kafka/protocol/error-codes.ts';
import { type FetchedPartition, type FetchResponse, fetchRequest } from '../kafka/protocol/fetch.ts';
import { FRAME_BYTES, type PartitionCopy, type RawFrame } from './partition-copy.ts';

/** What happens to a partition that leaves its broker's loop. */
export interface BrokerLoopEvents {
  /** The partition has reached its cut. */
  onDone(copy: PartitionCopy): void;
  /** Its leader is elsewhere or unreachable: look for it again. */
  onLost(copy: PartitionCopy, reason: MskBackupError): void;
  /** It cannot be copied. */
  onFailed(copy: PartitionCopy, reason: unknown): void;
  /**
   * The position is not in the log any more. Resolves with the offset to go on at.
   * @throws MskBackupError kind `connection` when that cannot be found out now, `interrupted` on the signal; any other
   * reason means that the partition cannot be copied
   */
  onOutOfRange(copy: PartitionCopy): Promise<number>;
  /** Offsets gone through and bytes received. */
  onProgress(offsets: number, bytes: number): void;
}

export interface BrokerLoopOptions {
  /** Partitions in one request. */
  maxPartitions: number;
  /** Limit of one fetch answer, in bytes. */
  fetchMaxBytes: number;
  /** How long the broker may wait for data to come, in ms. */
  maxWaitMs: number;
  /** How long a partition may be asked for in vain before it has failed, in ms. */
  patienceMs: number;
}

/** Of one partition in one answer: what makes one frame, so that nothing is left over to be copied. */
const PARTITION_BYTES = FRAME_BYTES;
/** The longest wait of a partition that is asked for alone again and again: a read from tiered storage takes seconds. */
const LONGEST_WAIT_MS = 5_000;
/** Answers whose memory is kept for the next ones. */
const IDLE_ANSWERS = 4;

/**
 * Copies the partitions that one broker leads: one fetch at a time for several partitions, and the next one is under way
 * while the last one's frames are stored.
 */
export class BrokerLoop {
  readonly nodeId: number;
  readonly #client: KafkaClient;
  readonly #put: (frame: RawFrame) => Promise<void>;
  readonly #options: BrokerLoopOptions;
  readonly #events: BrokerLoopEvents;
  readonly #waiting: PartitionCopy[] = [];
  /** In the order in which they are asked for: the broker fills an answer from the front. */
  #open: PartitionCopy[] = [];
  /** Asked for without others and with the whole limit, since nothing came for it in company. */
  #alone: PartitionCopy | undefined;
  /** The front of the last request, the one partition of which the broker sends a batch whatever its size. */
  #front: PartitionCopy | undefined;
  /** Partitions for which nothing comes: since when, and how long the next request for it alone may wait. */
  readonly #stuck = new Map<PartitionCopy, { since: number; waitMs: number }>();
  /** Memory of fetch answers. */
  readonly #memory: BufferPool;
  /** The memory that the answer under way is read into, and that of the answer at hand. */
  #arriving: Buffer | undefined;
  #lent: Buffer | undefined;
  /** Events of the answer at hand, told once its frames have been put. */
  readonly #toTell: (() => void)[] = [];

  constructor(
    nodeId: number,
    client: KafkaClient,
    put: (frame: RawFrame) => Promise<void>,
    options: BrokerLoopOptions,
    events: BrokerLoopEvents,
  ) {
    this.nodeId = nodeId;
    this.#client = client;
    this.#put = put;
    this.#options = options;
    this.#events = events;
    this.#memory = new BufferPool(IDLE_ANSWERS * options.fetchMaxBytes);
  }

  add(copy: PartitionCopy): void {
    this.#waiting.push(copy);
  }

  get idle(): boolean {
    return this.#waiting.length === 0 && this.#open.length === 0;
  }

  /** Runs until there is nothing left to copy here, or until the signal: then every open partition is flushed. */
  async run(signal: AbortSignal): Promise<void> {
    let answer = this.#ask(signal);
    while (answer !== undefined) {
      let response: FetchResponse;
      try {
        // A broker that hangs must not keep the run from stopping.
        response = await unlessAborted(answer, signal, 'stopped');
        this.#lent = this.#arriving;
      } catch (reason) {
        if (signal.aborted) break;
        if (!(reason instanceof MskBackupError) || reason.kind !== 'connection') throw reason;
        await this.#flushOpen();
        const lost = [...this.#open, ...this.#waiting.splice(0)];
        for (const copy of [...this.#open]) this.#leave(copy);
        for (const copy of lost) this.#events.onLost(copy, reason);
        return;
      }
      const frames: RawFrame[] = [];
      for (const fetched of response.partitions) await this.#take(fetched, frames);
      this.#giveBackAfter(frames);
      answer = this.#ask(signal);
      // Awaited above; a failure that comes while the frames are stored must not count as unhandled.
      answer?.catch(() => {});
      for (const frame of frames) await this.#put(frame);
      // Told only now: who hears that a topic is done may close its pack.
      for (const tell of this.#toTell.splice(0)) tell();
    }
    await this.#flushOpen();
  }

  /** The frames are views of one answer, whose memory is used again when all of them are stored. */
  #giveBackAfter(frames: RawFrame[]): void {
    const lent = this.#lent;
    this.#lent = undefined;
    if (lent === undefined) return;
    let left = frames.length;
    if (left === 0) this.#memory.give(lent);
    for (const frame of frames) {
      frame.onFree = () => {
        if (--left === 0) this.#memory.give(lent);
      };
    }
  }

  #ask(signal: AbortSignal): Promise<FetchResponse> | undefined {
    if (signal.aborted) return undefined;
    while (this.#open.length < this.#options.maxPartitions && this.#waiting.length > 0) {
      const copy = this.#waiting.shift()!;
      if (copy.done) this.#toTell.push(() => this.#events.onDone(copy));
      else this.#open.push(copy);
    }
    if (this.#open.length === 0) return undefined;
    const asked = this.#alone === undefined ? this.#open : [this.#alone];
    this.#front = asked[0];
    const request = fetchRequest({
      isolationLevel: 'read_committed',
      maxWaitMs: (this.#alone && this.#stuck.get(this.#alone)?.waitMs) ?? this.#options.maxWaitMs,
      minBytes: 1,
      maxBytes: this.#options.fetchMaxBytes,
      partitions: asked.map(({ plan, position }) => ({
        topic: plan.topic,
        partition: plan.partition,
        fetchOffset: position,
        maxBytes: this.#alone === undefined ? PARTITION_BYTES : this.#options.fetchMaxBytes,
      })),
    });
    const allocate = (bytes: number) => {
      const lent = this.#memory.take(bytes);
      this.#arriving = lent;
      return lent;
    };
    return this.#client.send(this.nodeId, { ...request, allocate }, 'fetch');
  }

  async #take(fetched: FetchedPartition, frames: RawFrame[]): Promise<void> {
    const copy = this.#open.find(({ plan }) => plan.partition === fetched.partition && plan.topic === fetched.topic);
    if (copy === undefined) return;
    try {
      if (fetched.errorCode !== 0) {
        await this.#takeError(copy, fetched.errorCode, frames);
        return;
      }
      const before = copy.position;
      const taken = copy.take(fetched);
      frames.push(...taken.frames);
      if (taken.moved) {
        if (this.#alone === copy) this.#alone = undefined;
        this.#stuck.delete(copy);
        this.#putLast(copy);
      } else if (taken.damage === undefined && this.#front === copy) {
        frames.push(...this.#wait(copy, fetched));
      }
      this.#events.onProgress(Math.min(copy.position, copy.plan.cut) - before, fetched.records.length);
      if (taken.damage !== undefined) throw taken.damage;
      if (copy.done) {
        this.#leave(copy);
        this.#toTell.push(() => this.#events.onDone(copy));
      }
    } catch (reason) {
      const kind = fetched.errorCode !== 0 && reason instanceof MskBackupError ? reason.kind : undefined;
      // Stopped while asking where to go on: the partition stands where it stood.
      if (kind === 'interrupted') return;
      // What was gathered before the bad batch is sound and is kept.
      frames.push(...copy.flush());
      this.#leave(copy);
      this.#toTell.push(() =>
        kind === 'connection'
          ? this.#events.onLost(copy, reason as MskBackupError)
          : this.#events.onFailed(copy, reason),
      );
    }
  }

  /**
   * Nothing came for the partition that was asked for first. Either its next batch is larger than what fitted, or the
   * broker reads it from tiered storage and was not ready, or compaction has removed everything up to the cut, or the log
   * ends below the cut. Alone, a partition gets at least one batch whatever its size; so only a compacted one, which
   * cannot be tiered, is known to be empty then.
   * @returns the frame that is closed by that
   * @throws MskBackupError when it has been waited for too long
   */
  #wait(copy: PartitionCopy, { lastStableOffset, records }: FetchedPartition): RawFrame[] {
    const { cut, compacted } = copy.plan;
    const readable = lastStableOffset >= cut;
    const alone = this.#alone === copy;
    if (alone && readable && compacted && records.length === 0) {
      this.#alone = undefined;
      return copy.skipTo(cut);
    }
    const stuck = this.#stuck.get(copy) ?? { since: Date.now(), waitMs: this.#options.maxWaitMs };
    this.#stuck.set(copy, stuck);
    if (Date.now() - stuck.since > this.#options.patienceMs) throw this.#nothingComes(copy, lastStableOffset);
    if (alone) {
      stuck.waitMs = Math.min(2 * stuck.waitMs, Math.max(LONGEST_WAIT_MS, this.#options.maxWaitMs));
      this.#alone = undefined;
      // The others have their turn before it is asked for again.
      this.#putLast(copy);
    } else if (readable) {
      this.#alone = copy;
    } else {
      this.#putLast(copy);
    }
    return [];
  }

  #nothingComes({ plan, position }: PartitionCopy, lastStableOffset: number): MskBackupError {
    const { topic, partition, cut } = plan;
    const seconds = Math.round(this.#options.patienceMs / 1000);
    if (lastStableOffset < cut) {
      return new MskBackupError(
        'data',
        'LOG_TRUNCATED',
        `${topic}[${partition}] ends at offset ${lastStableOffset} now, before the cut at ${cut}, and did not grow for ` +
          `${seconds} s: its log was truncated meanwhile; run again`,
      );
    }
    return new MskBackupError(
      'connection',
      'NO_RECORDS_SENT',
      `broker ${this.nodeId} sends nothing of ${topic}[${partition}] from offset ${position} on for ${seconds} s, although ` +
        `its log goes on to ${lastStableOffset}: if the topic is tiered, check the broker's remote storage; run again`,
    );
  }

  /** Behind the others, so that a busy or silent partition does not keep them out of every answer. */
  #putLast(copy: PartitionCopy): void {
    this.#open.push(...this.#open.splice(this.#open.indexOf(copy), 1));
  }

  async #takeError(copy: PartitionCopy, errorCode: number, frames: RawFrame[]): Promise<void> {
    const { topic, partition } = copy.plan;
    const error = kafkaError(errorCode);
    if (error.name === 'OFFSET_OUT_OF_RANGE') {
      const before = copy.position;
      // Before the question, which may fail.
      frames.push(...copy.flush());
      frames.push(...copy.skipTo(await this.#events.onOutOfRange(copy)));
      this.#events.onProgress(Math.min(copy.position, copy.plan.cut) - before, 0);
      if (copy.done) {
        this.#leave(copy);
        this.#toTell.push(() => this.#events.onDone(copy));
      }
      return;
    }
    const reason = new MskBackupError(
      error.retriable ? 'connection' : 'configuration',
      error.name,
      `cannot read ${topic}[${partition}] at offset ${copy.position} from broker ${this.nodeId}: ${error.name}; ${error.advice}`,
    );
    frames.push(...copy.flush());
    this.#leave(copy);
    this.#toTell.push(() =>
      error.retriable ? this.#events.onLost(copy, reason) : this.#events.onFailed(copy, reason),
    );
  }

  #leave(copy: PartitionCopy): void {
    const at = this.#open.indexOf(copy);
    if (at >= 0) this.#open.splice(at, 1);
    if (this.#alone === copy) this.#alone = undefined;
    this.#stuck.delete(copy);
  }

  async #flushOpen(): Promise<void> {
    for (const copy of this.#open) for (const frame of copy.flush()) await this.#put(frame);
  }
}
