import { EMPTY_CHAIN, extendChain } from '../../batch/crc32c.ts';
import { MskBackupError } from '../../errors.ts';
import { OffsetMap } from '../../offsets/offset-map.ts';
import type { OutgoingBatch } from './outgoing.ts';

/** What a broker keeps of a producer per partition: with more batches in flight it could not tell a repeated one any more. */
const BATCHES_IN_FLIGHT = 5;
/** Sequences are numbers of records modulo 2^31. */
const SEQUENCES = 2 ** 31;

/** A batch with its place in the sequence. */
export interface Entry {
  readonly batch: OutgoingBatch;
  /** -1 before it is first sent. Kept when it is sent again, so that the broker can tell. */
  sequence: number;
  /** How often it has been sent. */
  sends: number;
  acknowledged: boolean;
  /** At the target; undefined when the broker knew the batch already but not where it is. */
  baseOffset: number | undefined;
}

/** What the target has acknowledged of one partition. */
export interface Ledger {
  records: number;
  batches: number;
  /** Over the archived batches that are accounted for. */
  chain: number;
  /** End offset of the partition at the target before the first record of this restore. */
  start: number;
  /** Offset after the last record, or marker, of this restore. */
  end: number;
  /** Where each record is. */
  map: OffsetMap;
}

/**
 * One partition's batches in their order: which may be sent, which are in flight, which are acknowledged. The first batch
 * goes alone, and again after every error: a broker that knows nothing of a producer takes any sequence, so a second batch
 * that overtakes a refused first one would be appended before it.
 */
export class PartitionWriter {
  readonly topic: string;
  readonly partition: number;
  readonly ledger: Ledger;
  /** Node id; -1 while there is none. */
  leader: number;
  /** It stands in a broker's queue. For the producer. */
  queued = false;
  /** Why a batch has to be sent again; undefined when all is well. */
  trouble: string | undefined;
  /** Refusals since the last acknowledgement. */
  attempts = 0;
  /** ms of `performance.now`: last acknowledgement, or when there was something to send again after a pause. */
  lastProgress = 0;
  #entries: Entry[] = [];
  #next = 0;
  #outstanding = 0;
  /** Records that are pushed and not acknowledged. */
  #pending = 0;
  #alone = true;
  #sequence = 0;
  #flushed: { promise: Promise<void>; resolve: () => void } | undefined;

  readonly #keepsMap: boolean;

  /**
   * @param endOffset of the partition at the target now: where the first record is expected
   * @param options `keepsMap` false: records of several source partitions come together here, so the map says only which of the target's offsets
   *   they have
   */
  constructor(topic: string, partition: number, leader: number, endOffset: number, { keepsMap = true } = {}) {
    this.#keepsMap = keepsMap;
    this.topic = topic;
    this.partition = partition;
    this.leader = leader;
    this.ledger = {
      records: 0,
      batches: 0,
      chain: EMPTY_CHAIN,
      start: endOffset,
      end: endOffset,
      map: new OffsetMap(endOffset),
    };
  }

  /** For messages: the partition and what of the source it is about to hold. */
  get place(): string {
    const head = this.#entries[0]?.batch;
    return `topic ${this.topic}, partition ${this.partition}${head === undefined ? '' : ` (${sourceOf(head)})`}`;
  }

  get outstanding(): number {
    return this.#outstanding;
  }

  /** Where the next batch that is pushed is expected, unless somebody else writes. */
  get nextOffset(): number {
    return this.ledger.end + this.#pending;
  }

  get recovering(): boolean {
    return this.trouble !== undefined;
  }

  push(batch: OutgoingBatch): void {
    if (this.#entries.length === 0) this.lastProgress = performance.now();
    this.#pending += batch.records;
    this.#entries.push({ batch, sequence: -1, sends: 0, acknowledged: false, baseOffset: undefined });
  }

  /** The target has the batch already, from an earlier run of this restore. Only while nothing is pushed. */
  alreadyThere(batch: OutgoingBatch, baseOffset: number): void {
    this.#record({ batch, baseOffset, sequence: -1, sends: 0, acknowledged: true });
  }

  /** The log was brought forward by something else than batches of ours. Only when all is flushed. */
  advance(end: number): void {
    this.ledger.end = end;
    this.ledger.map.advance(end);
  }

  /** Accounts for archived batches that put nothing into the target, after all batches pushed so far. */
  account(crcs: number[]): void {
    const last = this.#entries.at(-1);
    if (last !== undefined) last.batch.crcs.push(...crcs);
    else for (const crc of crcs) this.ledger.chain = extendChain(this.ledger.chain, crc);
  }

  get canSend(): boolean {
    return (
      this.trouble === undefined &&
      this.#next < this.#entries.length &&
      this.#outstanding < (this.#alone ? 1 : BATCHES_IN_FLIGHT)
    );
  }

  /** The next batch to send, marked as in flight. Only when `canSend`. */
  take(): Entry {
    const entry = this.#entries[this.#next++];
    if (entry === undefined) throw new Error('nothing to send');
    if (entry.sequence < 0) {
      entry.sequence = this.#sequence;
      this.#sequence = (this.#sequence + entry.batch.records) % SEQUENCES;
    }
    entry.sends++;
    this.#outstanding++;
    this.#skipAcknowledged();
    return entry;
  }

  /** True when no earlier batch waits for its acknowledgement. */
  isFirst(entry: Entry): boolean {
    return this.#entries[0] === entry;
  }

  /** The entry has to be sent again; so do all that are in flight behind it and not acknowledged. */
  refuse(trouble: string): void {
    this.#outstanding--;
    // Later batches are refused because an earlier one was: the first reason is the one to tell.
    this.trouble ??= trouble;
  }

  /**
   * The broker has the entry.
   * @param baseOffset at the target; undefined when the broker did not say because it had the batch already
   * @returns the offset that was expected instead, when another writer's records lie before it
   * @throws MskBackupError kind `data`, `LOG_TRUNCATED`, when it lies before what was acknowledged earlier
   */
  accept(entry: Entry, baseOffset: number | undefined): number | undefined {
    this.#outstanding--;
    entry.acknowledged = true;
    entry.baseOffset = baseOffset;
    this.lastProgress = performance.now();
    this.attempts = 0;
    if (this.trouble === undefined) this.#alone = false;
    let surprise: number | undefined;
    for (let head = this.#entries[0]; head?.acknowledged; head = this.#entries[0]) {
      this.#entries.shift();
      this.#next--;
      const expected = this.ledger.end;
      if (head.baseOffset !== undefined && head.baseOffset < expected)
        throw wentBack(this.place, head.baseOffset, expected);
      if (head.baseOffset !== undefined && head.baseOffset !== expected) surprise ??= expected;
      this.#pending -= head.batch.records;
      this.#record(head);
    }
    if (this.#entries.length === 0) {
      this.#flushed?.resolve();
      this.#flushed = undefined;
    }
    return surprise;
  }

  /** Everything in flight has been answered: start again at the first batch that is not acknowledged. */
  resume(leader: number): void {
    this.leader = leader;
    this.trouble = undefined;
    this.#alone = true;
    this.#next = 0;
    this.#skipAcknowledged();
  }

  /** Resolves when everything pushed is acknowledged. */
  flushed(): Promise<void> {
    if (this.#entries.length === 0) return Promise.resolve();
    this.#flushed ??= Promise.withResolvers<void>();
    return this.#flushed.promise;
  }

  #skipAcknowledged(): void {
    while (this.#entries[this.#next]?.acknowledged) this.#next++;
  }

  #record({ batch, baseOffset }: Entry): void {
    const { ledger } = this;
    let target = baseOffset ?? ledger.end;
    ledger.end = target + batch.records;
    for (const { from, until } of batch.runs) {
      // Without a source that everything comes from it is known at least which offsets are ours.
      ledger.map.add({ source: this.#keepsMap ? from : target, target, length: until - from });
      ledger.records += until - from;
      target += until - from;
    }
    ledger.map.advance(ledger.end);
    if (batch.runs.length > 0) ledger.batches++;
    for (const crc of batch.crcs) ledger.chain = extendChain(ledger.chain, crc);
    batch.acknowledged();
  }
}

/** For messages: which offsets of the source the batch holds. */
export function sourceOf({ runs }: Pick<OutgoingBatch, 'runs'>): string {
  const [first, last] = [runs[0], runs.at(-1)];
  if (first === undefined || last === undefined) return 'empty records before the first';
  return `source offsets ${first.from} to ${last.until - 1}`;
}

function wentBack(place: string, baseOffset: number, expected: number): MskBackupError {
  return new MskBackupError(
    'data',
    'LOG_TRUNCATED',
    `${place}: records were appended at offset ${baseOffset}, although ${expected} had been reached: the topic was deleted and made anew meanwhile, or its leader has lost what was acknowledged (unclean leader election?); restore again with --recreate`,
  );
}
