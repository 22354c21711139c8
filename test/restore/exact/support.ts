import type { PartitionName } from '../../../runtime/src/kafka/by-leader.ts';
import type { ApiRequest, KafkaClient } from '../../../runtime/src/kafka/client.ts';
import { type ClusterDescription, describeWhenLed } from '../../../runtime/src/kafka/describe-cluster.ts';
import { createKafkaClient } from '../../../runtime/src/kafka/kafkajs-client.ts';
import { listOffsets } from '../../../runtime/src/kafka/list-offsets.ts';
import type { HoleFiller } from '../../../runtime/src/restore/exact/hole-filler.ts';
import { openMarkerFiller } from '../../../runtime/src/restore/exact/marker-filler.ts';
import { openTransactionFiller } from '../../../runtime/src/restore/exact/transaction-filler.ts';
import type { KafkaCluster } from '../../support/kafka/cluster.ts';
import { endpointOf } from '../harness.ts';

export const FILLERS = ['transactions', 'markers'] as const;
export type How = (typeof FILLERS)[number];

const never = new AbortController().signal;

export function openFiller(client: KafkaClient, how: How, restoreId: string): Promise<HoleFiller> {
  if (how === 'markers') return openMarkerFiller(client, { signal: never });
  return openTransactionFiller(client, { restoreId, slots: 8, signal: never });
}

export async function connectedTo(kafka: KafkaCluster): Promise<KafkaClient> {
  const client = createKafkaClient(endpointOf(kafka));
  await client.connect();
  return client;
}

/**
 * Log end and high watermark now.
 * @param description of the topic, to go to the leader at once: one of the brokers may stand still
 */
export async function endsOf(client: KafkaClient, place: PartitionName, description?: ClusterDescription) {
  description ??= await describeWhenLed(client, [place.topic]);
  const [logEnd, highWatermark] = await listOffsets(client, description, [
    { ...place, at: 'log_end' },
    { ...place, at: 'latest' },
  ]);
  return { logEnd: logEnd!.offset, highWatermark: highWatermark!.offset };
}

/** The real client, with something that happens to its requests instead. */
export function through(
  client: KafkaClient,
  send: <T>(forward: () => Promise<T>, request: ApiRequest<T>) => Promise<T>,
): KafkaClient {
  const replaced = <T>(nodeId: number, request: ApiRequest<T>, lane?: 'control' | 'fetch') =>
    send(() => client.send(nodeId, request, lane), request);
  return new Proxy(client, {
    get: (target, name) => {
      if (name === 'send') return replaced;
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
