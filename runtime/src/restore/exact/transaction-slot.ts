import { setTimeout as sleep } from 'node:timers/promises';
import { MskBackupError } from '../../errors.ts';
import type { PartitionName } from '../../kafka/by-leader.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { findTransactionCoordinator } from '../../kafka/find-transaction-coordinator.ts';
import { addPartitionsToTxnRequest, type TransactionOwner } from '../../kafka/protocol/add-partitions-to-txn.ts';
import { endTxnRequest } from '../../kafka/protocol/end-txn.ts';
import { kafkaError, protocolError } from '../../kafka/protocol/error-codes.ts';
import { initProducerIdRequest } from '../../kafka/protocol/init-producer-id.ts';
import { interruption, isRetriable, Patience } from '../../kafka/retry.ts';
import type { TransactionStates } from './transaction-states.ts';

/** A transaction that nobody ends is ended by its coordinator after this time. */
const TIMEOUT_MS = 60_000;
/** Elections, a coordinator that loads, markers that wait for a leader. */
const PATIENCE_MS = 120_000;
const LONGEST_POLL_MS = 64;
/** How brokers tell an owner of the past, by their version and the request's. */
const FENCED = new Set(['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING']);

/** One transactional id, with one transaction at a time. */
export class TransactionSlot {
  readonly #client: KafkaClient;
  readonly #transactionalId: string;
  readonly #states: TransactionStates;
  readonly #signal: AbortSignal;
  #coordinator = -1;
  #owner: TransactionOwner;

  constructor(client: KafkaClient, transactionalId: string, states: TransactionStates, signal: AbortSignal) {
    this.#client = client;
    this.#transactionalId = transactionalId;
    this.#states = states;
    this.#signal = signal;
    this.#owner = { transactionalId, producerId: -1, producerEpoch: -1 };
  }

  /**
   * Takes the transactional id over from whoever had it. The coordinator first ends a transaction that is open, and says
   * no until its markers are written: once this resolves, none can come any more.
   */
  async open(): Promise<void> {
    const patience = new Patience(this.#signal, PATIENCE_MS);
    for (;;) {
      try {
        return await this.#takeOver();
      } catch (reason) {
        if (!isRetriable(reason) || !(await patience.pause())) throw reason;
      }
    }
  }

  /**
   * An empty transaction that is aborted: one marker in each of the partitions. Resolves when it has ended and none can
   * come any more; where a connection or the coordinator failed there may be none, or two.
   * @returns false when something failed
   */
  async run(partitions: readonly PartitionName[]): Promise<boolean> {
    try {
      await this.#beginAndAbort(partitions);
      if (await this.#ended()) return true;
    } catch (reason) {
      if (!isRetriable(reason)) throw reason;
    }
    // What became of it is not known, nor whether a request of it will still arrive. It cannot change anything after this.
    await this.open();
    return false;
  }

  async #takeOver(): Promise<void> {
    const transactionalId = this.#transactionalId;
    this.#coordinator = await findTransactionCoordinator(this.#client, transactionalId);
    const request = initProducerIdRequest({ transactionalId, timeoutMs: TIMEOUT_MS });
    const { errorCode, producerId, producerEpoch } = await this.#client.send(this.#coordinator, request);
    this.#refuse(errorCode, 'cannot take over transactional id');
    this.#owner = { transactionalId, producerId, producerEpoch };
  }

  async #beginAndAbort(partitions: readonly PartitionName[]): Promise<void> {
    // Both at once: a broker works on the requests of a connection one after the other, and an abort of nothing, when the
    // beginning is refused, changes nothing.
    const [added, aborted] = await Promise.all([
      this.#client.send(this.#coordinator, addPartitionsToTxnRequest(this.#owner, partitions)),
      this.#client.send(this.#coordinator, endTxnRequest(this.#owner, 'abort')),
    ]);
    for (const { topic, partition, errorCode } of added.partitions) {
      if (kafkaError(errorCode).name === 'OPERATION_NOT_ATTEMPTED') continue;
      this.#refuse(errorCode, `cannot fill a hole of ${topic}[${partition}] with transactional id`);
    }
    this.#refuse(aborted.errorCode, 'cannot abort the transaction of');
  }

  /** False when the transaction is not on its way to its end. */
  async #ended(): Promise<boolean> {
    const { producerId, producerEpoch } = this.#owner;
    const deadline = Date.now() + PATIENCE_MS;
    for (let pauseMs = 1; Date.now() < deadline; pauseMs = Math.min(2 * pauseMs, LONGEST_POLL_MS)) {
      const now = await this.#states.describe(this.#coordinator, this.#transactionalId);
      this.#refuse(now.errorCode, 'cannot describe the transaction of');
      if (now.producerId !== producerId || now.producerEpoch !== producerEpoch) throw this.#fenced();
      if (now.state !== 'PrepareAbort') return now.state === 'CompleteAbort';
      await sleep(pauseMs, undefined, { signal: this.#signal }).catch(() => {
        throw interruption(this.#signal);
      });
    }
    return false;
  }

  #refuse(errorCode: number, what: string): void {
    if (errorCode === 0) return;
    if (FENCED.has(kafkaError(errorCode).name)) throw this.#fenced();
    throw protocolError(errorCode, `${what} ${this.#transactionalId}`);
  }

  #fenced(): MskBackupError {
    return new MskBackupError(
      'configuration',
      'FILLER_FENCED',
      `transactional id ${this.#transactionalId} was taken over: is the same restore running twice? Wait until the other has ended, then run again`,
    );
  }
}
