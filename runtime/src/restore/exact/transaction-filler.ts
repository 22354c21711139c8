import type { PartitionName } from '../../kafka/by-leader.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { advance } from './advance.ts';
import type { HoleFiller } from './hole-filler.ts';
import { LogEnds } from './log-ends.ts';
import { requireOnlyMarkers } from './only-markers.ts';
import { TransactionSlot } from './transaction-slot.ts';
import { TransactionStates } from './transaction-states.ts';

export interface TransactionFillerOptions {
  /** Of the restore: transactional ids are `msk-backup-{restoreId}-{slot}`. */
  restoreId: string;
  /**
   * How many transactions may run at the same time, 1 or more; 8 is what one broker keeps up with. Never fewer than an
   * earlier run of this restore had: it may have left one open in each.
   */
  slots: number;
  signal: AbortSignal;
}

/**
 * A filler whose markers are those of empty aborted transactions. Opening ends what a crashed run of the same restore has
 * left open, and waits until its markers are written: so open it before log ends are looked at.
 * @throws MskBackupError `TRANSACTIONAL_ID_AUTHORIZATION_FAILED` without Write and Describe on the transactional ids
 */
export async function openTransactionFiller(
  client: KafkaClient,
  { restoreId, slots: count, signal }: TransactionFillerOptions,
): Promise<HoleFiller> {
  const states = new TransactionStates(client);
  const slots = Array.from(
    { length: count },
    (_, slot) => new TransactionSlot(client, transactionalIdOf(restoreId, slot), states, signal),
  );
  await Promise.all(slots.map((slot) => slot.open()));
  return new TransactionFiller(slots, new LogEnds(client, signal), signal);
}

export function transactionalIdOf(restoreId: string, slot: number): string {
  return `msk-backup-${restoreId}-${slot}`;
}

/** Waits for a marker in a partition. */
interface Ticket {
  place: PartitionName;
  resolve(written: boolean): void;
  reject(reason: unknown): void;
}

/** Partitions that wait at the same time share a transaction, which costs about the same as one for each. */
class TransactionFiller implements HoleFiller {
  readonly #slots: number;
  readonly #idle: TransactionSlot[];
  readonly #ends: LogEnds;
  readonly #signal: AbortSignal;
  #waiting: Ticket[] = [];

  constructor(slots: TransactionSlot[], ends: LogEnds, signal: AbortSignal) {
    this.#slots = slots.length;
    this.#idle = slots;
    this.#ends = ends;
    this.#signal = signal;
  }

  fill(place: PartitionName, from: number, until: number): Promise<void> {
    return advance(place, from, until, {
      ends: this.#ends,
      signal: this.#signal,
      step: (count) => this.#markers(place, count),
      check: async (at, end) => requireOnlyMarkers(await this.#ends.readerOf(place), place, at, end),
    });
  }

  /**
   * Several transactions at once, but for no more than half of the hole: should a failure write every marker twice, the
   * hole still takes them. For the last one there is no such room.
   */
  async #markers(place: PartitionName, count: number): Promise<number | undefined> {
    const wave = Math.min(this.#slots, Math.ceil(count / 2));
    const written = await Promise.all(Array.from({ length: wave }, () => this.#marker(place)));
    return written.every((one) => one) ? wave : undefined;
  }

  /** @returns whether it was written, once; false when that is not known */
  #marker(place: PartitionName): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ place, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#dispatch());
    });
  }

  #dispatch(): void {
    while (this.#waiting.length > 0 && this.#idle.length > 0) {
      void this.#run(this.#idle.pop()!, this.#takeOneOfEach());
    }
  }

  /** A transaction writes one marker in a partition, however often it was added. */
  #takeOneOfEach(): Ticket[] {
    const taken = new Map<string, Ticket>();
    this.#waiting = this.#waiting.filter((ticket) => {
      const key = `${ticket.place.topic}/${ticket.place.partition}`;
      if (taken.has(key)) return true;
      taken.set(key, ticket);
      return false;
    });
    return [...taken.values()];
  }

  async #run(slot: TransactionSlot, tickets: Ticket[]): Promise<void> {
    try {
      const written = await slot.run(inTopicOrder(tickets.map(({ place }) => place)));
      for (const { resolve } of tickets) resolve(written);
    } catch (reason) {
      for (const { reject } of tickets) reject(reason);
    }
    this.#idle.push(slot);
    this.#dispatch();
  }
}

/** A request names each topic once. */
function inTopicOrder(places: PartitionName[]): PartitionName[] {
  return places.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}
