/** Reads orders as Lambda does for a function with an event source mapping. */
import type { GroupOffset, JavaClient } from '../../test/support/kafka/java-client.ts';

/** The group of the mapping, as Lambda names it. */
export const LAMBDA_GROUP = 'amazon.lambda.6a1f7c0e-3b52-4a57-9e0c-2f4d9b7c1a35';

/** Records of one invocation: committed when the function has processed them. */
const BATCH = 500;
/** Small fetches, so that the partitions take turns. */
const CONSUMER = { 'max.poll.records': `${BATCH}`, 'max.partition.fetch.bytes': '100000' };
/** In which a record that comes twice would come. */
const LAST_LOOK_MS = 3_000;

/** An order that the function has processed. */
export interface Processed {
  partition: number;
  offset: number;
  /** Number of the order. */
  order: number;
}

/**
 * Processes the next orders of the group, invocation by invocation.
 * @param count how many; the last invocation may be smaller
 * @param toTheEnd whether these are the last ones: looks whether more come, and processes those too
 */
export async function processOrders(client: JavaClient, count: number, toTheEnd = false): Promise<Processed[]> {
  const consumer = await client.consumer(LAMBDA_GROUP, 'orders', CONSUMER);
  const processed: Processed[] = [];
  const invoke = async (records: number, timeoutMs?: number) => {
    const batch = await consumer.take(records, timeoutMs);
    for (const { partition, offset, value } of batch) {
      processed.push({ partition, offset, order: (JSON.parse(`${value}`) as { order: number }).order });
    }
    await consumer.commit();
    return batch.length;
  };
  while (processed.length < count) {
    if ((await invoke(Math.min(BATCH, count - processed.length))) === 0) break;
  }
  while (toTheEnd && (await invoke(BATCH, LAST_LOOK_MS)) > 0);
  await consumer.leave();
  return processed;
}

/** Where the group goes on, partition by partition. */
export async function nextOffsets(client: JavaClient): Promise<GroupOffset[]> {
  return client.groupOffsets(LAMBDA_GROUP);
}
