import { setTimeout as sleep } from 'node:timers/promises';
import { MskBackupError } from '../../errors.ts';
import type { PartitionName } from '../../kafka/by-leader.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { findTransactionCoordinator } from '../../kafka/find-transaction-coordinator.ts';
import { addPartitionsToTxnRequest, type TransactionOwner } from '../../kafka/protocol/add-partitions-to-txn.ts';
import { endTxnRequest } from '../../kafka/protocol/end-txn.ts';
import { kafkaError, protocolError } from '../../kafka/protocol/error-codes.ts';
import { initProducerIdRequest } from '../../kafka/protocol/init-producer-id.ts';
import { isRetriable, Patience } from '../../kafka/retry.ts';
import type { TransactionStates } from './transaction-states.ts';

/** A transaction that nobody ends is ended by its coordinator after this time. */
const TIMEOUT_MS = 60_000;
/** Elections, a coordinator that loads, markers that wait for a leader. */
const PATIENCE_MS = 120_000;
const LONGEST_POLL_MS = 64;

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
   */
  async run(partitions: readonly PartitionName[]): Promise<void> {
    try {
      await this.#beginAndAbort(partitions);
      await this.#ended();
    } catch (reason) {
      if (!isRetriable(reason)) throw this.#explained(reason);
      await this.open();
    }
  }

  async #takeOver(): Promise<void> {
    const transactionalId = this.#transactionalId;
    this.#coordinator = await findTransactionCoordinator(this.#client, transactionalId);
    const request = initProducerIdRequest({ transactionalId, timeoutMs: TIMEOUT_MS });
    const { errorCode, producerId, producerEpoch } = await this.#client.send(this.#coordinator, request);
    this.#refuse(errorCode, 'cannot begin');
    this.#owner = { transactionalId, producerId, producerEpoch };
  }

  async #beginAndAbort(partitions: readonly PartitionName[]): Promise<void> {
    // Both at once: a broker works on the requests of a connection one after the other. An abort without a transaction,
    // when the first is refused, changes nothing.
    const [added, aborted] = await Promise.all([
      this.#client.send(this.#coordinator, addPartitionsToTxnRequest(this.#owner, partitions)),
      this.#client.send(this.#coordinator, endTxnRequest(this.#owner, 'abort')),
    ]);
    const refused = added.partitions.filter(({ errorCode }) => errorCode !== 0);
    const cause = refused.find(({ errorCode }) => kafkaError(errorCode).name !== 'OPERATION_NOT_ATTEMPTED');
    if (cause !== undefined) this.#refuse(cause.errorCode, `cannot fill a hole of ${cause.topic}[${cause.partition}]`);
    this.#refuse(aborted.errorCode, 'cannot end');
  }

  async #ended(): Promise<void> {
    const { producerId, producerEpoch } = this.#owner;
    const patience = performance.now() + PATIENCE_MS;
    for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, LONGEST_POLL_MS)) {
      const now = await this.#states.describe(this.#coordinator, this.#transactionalId);
      this.#refuse(now.errorCode, 'cannot see the state of');
      if (now.producerId !== producerId || now.producerEpoch !== producerEpoch) throw this.#fenced();
      if (now.state === 'CompleteAbort') return;
      if (now.state !== 'PrepareAbort') throw this.#retriable(`is ${now.state}`);
      if (performance.now() > patience) throw this.#retriable('does not end');
      await sleep(pauseMs, undefined, { signal: this.#signal });
    }
  }

  #refuse(errorCode: number, what: string): void {
    if (errorCode !== 0) throw protocolError(errorCode, `${what} the transaction of ${this.#transactionalId}`);
  }
}
