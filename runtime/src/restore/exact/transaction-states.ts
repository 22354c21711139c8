import type { KafkaClient } from '../../kafka/client.ts';
import { type DescribedTransaction, describeTransactionsRequest } from '../../kafka/protocol/describe-transactions.ts';
import { protocolError } from '../../kafka/protocol/error-codes.ts';
import { Gathered } from './gathered.ts';

const NETWORK_EXCEPTION = 13;

/** How transactions stand, asked of their coordinators for several at once. */
export class TransactionStates {
  readonly #client: KafkaClient;
  readonly #coordinators = new Map<number, Gathered<string, DescribedTransaction>>();

  constructor(client: KafkaClient) {
    this.#client = client;
  }

  describe(coordinator: number, transactionalId: string): Promise<DescribedTransaction> {
    let states = this.#coordinators.get(coordinator);
    if (states === undefined) {
      states = new Gathered((ids: string[]) => this.#describeAll(coordinator, ids));
      this.#coordinators.set(coordinator, states);
    }
    return states.ask(transactionalId);
  }

  async #describeAll(coordinator: number, ids: string[]): Promise<DescribedTransaction[]> {
    const { transactions } = await this.#client.send(coordinator, describeTransactionsRequest(ids));
    const found = new Map(transactions.map((transaction) => [transaction.transactionalId, transaction]));
    return ids.map((id) => {
      const transaction = found.get(id);
      if (transaction === undefined)
        throw protocolError(NETWORK_EXCEPTION, `broker ${coordinator} says nothing of ${id}`);
      return transaction;
    });
  }
}
