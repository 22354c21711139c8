import type { PartitionName } from '../../kafka/by-leader.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { type ClusterDescription, describeWhenLed } from '../../kafka/describe-cluster.ts';
import { listOffsets } from '../../kafka/list-offsets.ts';
import { protocolError } from '../../kafka/protocol/error-codes.ts';
import { TargetReader } from '../read/target-reader.ts';
import { Gathered } from './gathered.ts';

export interface LogEnd {
  /** Where the leader appends next. */
  logEnd: number;
  /** What all in-sync replicas have; at most `logEnd`, once both have been asked for at rest. */
  highWatermark: number;
}

/** Where logs end now, and who leads them: asked for many partitions at once, with what is known of leaders kept. */
export class LogEnds {
  readonly #client: KafkaClient;
  readonly #signal: AbortSignal;
  readonly #topics = new Map<string, Promise<ClusterDescription>>();
  readonly #looks = new Gathered((places: PartitionName[]) => this.#lookAll(places));

  constructor(client: KafkaClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** @throws MskBackupError naming topic and partition, also with the retriable codes that are left when patience ran out */
  look(place: PartitionName): Promise<LogEnd> {
    return this.#looks.ask(place);
  }

  /** Node id of the leader as it was last known, -1 for none. A look finds the new one after it has moved. */
  async leader({ topic, partition }: PartitionName): Promise<number> {
    const { topics } = await this.#describe(topic);
    return topics[0]?.partitions.find((described) => described.partition === partition)?.leader ?? -1;
  }

  /** For what lies before the ends. */
  async readerOf({ topic }: PartitionName): Promise<TargetReader> {
    return new TargetReader(this.#client, await this.#describe(topic), this.#signal);
  }

  async #lookAll(places: PartitionName[]): Promise<LogEnd[]> {
    const names = [...new Set(places.map(({ topic }) => topic))];
    const descriptions = await Promise.all(names.map((name) => this.#describe(name)));
    const description = { ...descriptions[0]!, topics: descriptions.flatMap(({ topics }) => topics) };
    const questions = places.flatMap(({ topic, partition }) => [
      { topic, partition, at: 'log_end' as const },
      { topic, partition, at: 'latest' as const },
    ]);
    const answers = await listOffsets(this.#client, description, questions, this.#signal);
    for (const { topic, partition, errorCode } of answers) {
      if (errorCode !== 0) throw protocolError(errorCode, `cannot see where ${topic}[${partition}] ends`);
    }
    return places.map((_, i) => ({ logEnd: answers[2 * i]!.offset, highWatermark: answers[2 * i + 1]!.offset }));
  }

  #describe(topic: string): Promise<ClusterDescription> {
    let description = this.#topics.get(topic);
    if (description === undefined) {
      description = describeWhenLed(this.#client, [topic], this.#signal);
      this.#topics.set(topic, description);
      description.catch(() => this.#topics.delete(topic));
    }
    return description;
  }
}
