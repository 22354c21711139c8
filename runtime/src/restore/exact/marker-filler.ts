import { setTimeout as sleep } from 'node:timers/promises';
import type { PartitionName } from '../../kafka/by-leader.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { initProducerId } from '../../kafka/init-producer-id.ts';
import { kafkaError, protocolError } from '../../kafka/protocol/error-codes.ts';
import { type MarkersToWrite, writeTxnMarkersRequest } from '../../kafka/protocol/write-txn-markers.ts';
import { interruption, isRetriable } from '../../kafka/retry.ts';
import { advance } from './advance.ts';
import type { HoleFiller } from './hole-filler.ts';
import { LogEnds } from './log-ends.ts';
import { requireOnlyMarkers } from './only-markers.ts';

export interface MarkerFillerOptions {
  signal: AbortSignal;
}

/** Markers of one request at most: a leader writes them in less than a second. */
const MARKERS_A_REQUEST = 10_000;
/** How long a log has to rest before it counts as reached by all that was on its way. */
const QUIET_MS = 2_000;
const QUIET_POLL_MS = 200;
/** Elections and restarts. */
const PATIENCE_MS = 120_000;

/**
 * A filler that writes markers itself (WriteTxnMarkers), up to 10,000 a request; needs Alter on the cluster.
 * @throws MskBackupError `CLUSTER_AUTHORIZATION_FAILED` when no producer id is given
 */
export async function openMarkerFiller(client: KafkaClient, { signal }: MarkerFillerOptions): Promise<HoleFiller> {
  const { producerId } = await initProducerId(client, signal);
  return new MarkerFiller(client, producerId, signal);
}

/** Waits for so many markers in a partition. */
interface Ticket {
  place: PartitionName;
  count: number;
  /** `unknown`: no answer came, so that markers may still be written. */
  resolve(outcome: 'answered' | 'unknown'): void;
  reject(reason: unknown): void;
}

/** Partitions of one leader that wait at the same time share a request; a leader has one request at a time. */
class MarkerFiller implements HoleFiller {
  readonly #client: KafkaClient;
  readonly #producerId: number;
  readonly #signal: AbortSignal;
  readonly #ends: LogEnds;
  readonly #waiting = new Map<number, Ticket[]>();
  readonly #busy = new Set<number>();
  /** A partition that has a marker of one epoch refuses those of earlier ones. */
  #producerEpoch = 0;

  constructor(client: KafkaClient, producerId: number, signal: AbortSignal) {
    this.#client = client;
    this.#producerId = producerId;
    this.#signal = signal;
    this.#ends = new LogEnds(client, signal);
  }

  fill(place: PartitionName, from: number, until: number): Promise<void> {
    let fenced = true;
    return advance(place, from, until, {
      ends: this.#ends,
      signal: this.#signal,
      step: async (count) => {
        // A marker of the new epoch keeps out what may be left of a request without an answer, before the rest is counted.
        const asked = Math.min(fenced ? count : 1, MARKERS_A_REQUEST);
        const outcome = await this.#write(place, asked);
        fenced = outcome === 'answered';
        if (!fenced) await this.#quiet(place);
        return fenced ? asked : undefined;
      },
      check: async (at, end) => requireOnlyMarkers(await this.#ends.readerOf(place), place, at, end),
    });
  }

  async #write(place: PartitionName, count: number): Promise<'answered' | 'unknown'> {
    const leader = await this.#ends.leader(place);
    if (leader < 0) return 'answered';
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(leader) ?? [];
      waiting.push({ place, count, resolve, reject });
      this.#waiting.set(leader, waiting);
      if (waiting.length === 1) setImmediate(() => void this.#send(leader));
    });
  }

  async #send(leader: number): Promise<void> {
    if (this.#busy.has(leader)) return;
    this.#busy.add(leader);
    for (let tickets = this.#take(leader); tickets.length > 0; tickets = this.#take(leader)) {
      await this.#sendOne(leader, tickets);
    }
    this.#busy.delete(leader);
  }

  /** As many as a request holds, in their order. */
  #take(leader: number): Ticket[] {
    const waiting = this.#waiting.get(leader) ?? [];
    let markers = 0;
    let taken = 0;
    while (taken < waiting.length && markers + waiting[taken]!.count <= MARKERS_A_REQUEST) {
      markers += waiting[taken++]!.count;
    }
    return waiting.splice(0, taken);
  }

  async #sendOne(leader: number, tickets: Ticket[]): Promise<void> {
    try {
      const { partitions } = await this.#client.send(leader, writeTxnMarkersRequest(this.#entries(tickets)));
      for (const { topic, partition, errorCode } of partitions) {
        if (errorCode === 0 || kafkaError(errorCode).retriable) continue;
        throw protocolError(errorCode, `cannot write markers to ${topic}[${partition}]`);
      }
      for (const { resolve } of tickets) resolve('answered');
    } catch (reason) {
      if (isRetriable(reason)) {
        this.#producerEpoch++;
        for (const { resolve } of tickets) resolve('unknown');
      } else {
        for (const { reject } of tickets) reject(reason);
      }
    }
  }

  /** The n-th entry has the partitions that need n markers or more. */
  #entries(tickets: Ticket[]): MarkersToWrite[] {
    const entry = { producerId: this.#producerId, producerEpoch: this.#producerEpoch, coordinatorEpoch: 0 };
    const most = Math.max(...tickets.map(({ count }) => count));
    return Array.from({ length: most }, (_, n) => ({
      ...entry,
      outcome: 'abort' as const,
      partitions: tickets.filter(({ count }) => count > n).map(({ place }) => place),
    }));
  }

  /** Waits until the log rests: a broker may still be at work on a request whose answer was lost. */
  async #quiet(place: PartitionName): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    let restsUntil = Number.POSITIVE_INFINITY;
    for (let end = -1; Date.now() < restsUntil; ) {
      try {
        const now = await this.#ends.look(place);
        if (now.logEnd !== end || now.highWatermark !== end) restsUntil = Date.now() + QUIET_MS;
        end = now.logEnd;
      } catch (reason) {
        if (!isRetriable(reason) || Date.now() > deadline) throw reason;
        end = -1;
      }
      await sleep(QUIET_POLL_MS, undefined, { signal: this.#signal }).catch(() => {
        throw interruption(this.#signal);
      });
    }
  }
}
