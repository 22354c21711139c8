/** What a shop writes to Kafka: made with Kafka's own Java producer. */
import type { JavaClient, RecordToSend, ScenarioProducer } from '../../test/support/kafka/java-client.ts';

export const TOPICS = ['orders', 'order-events', 'notifications'];

/** Records of one send: they share batches. */
const CHUNK = 2000;
/** How far a transaction gets that is aborted. */
const ABORTED = 200;
const STATES = ['PLACED', 'PAID', 'PACKED', 'SHIPPED', 'DELIVERED'];

/** Creates the three topics, each configured in a way of its own. */
export async function createTopics(client: JavaClient): Promise<void> {
  await client.createTopic('orders', { partitions: 4, config: { 'retention.ms': '1209600000' } });
  await client.createTopic('order-events', { partitions: 3, config: { 'cleanup.policy': 'compact' } });
  await client.createTopic('notifications', { partitions: 2, config: { 'compression.type': 'producer' } });
}

/**
 * Writes orders in transactions of which every fifth fails and is aborted, events with tombstones, and notifications in each
 * of Kafka's codecs.
 * @param from number of the first order
 */
export async function trade(client: JavaClient, from: number, orders: number): Promise<void> {
  const producers = {
    orders: await client.producer({ 'transactional.id': 'shop', 'compression.type': 'none' }),
    events: await client.producer({ 'compression.type': 'zstd' }),
    notifications: [] as ScenarioProducer[],
  };
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    producers.notifications.push(await client.producer({ 'compression.type': codec }));
  }
  for (let first = from, chunk = 0; first < from + orders; first += CHUNK, chunk++) {
    const numbers = Array.from({ length: Math.min(CHUNK, from + orders - first) }, (_, i) => first + i);
    const fails = chunk % 5 === 4;
    await producers.orders.begin();
    await producers.orders.send('orders', numbers.slice(0, fails ? ABORTED : CHUNK).map(order));
    if (fails) {
      await producers.orders.abort();
      continue;
    }
    await producers.orders.commit();
    await producers.events.send('order-events', numbers.map(orderEvent));
    const notifier = producers.notifications[chunk % producers.notifications.length]!;
    await notifier.send('notifications', numbers.filter((number) => number % 2 === 0).map(notification));
  }
  await producers.orders.close();
  await producers.events.close();
  for (const notifier of producers.notifications) await notifier.close();
}

function order(number: number): RecordToSend {
  const total = ((number * 7919) % 100_000) / 100;
  return {
    key: `customer-${(number * 31) % 5000}`,
    value: JSON.stringify({
      order: number,
      total,
      currency: 'EUR',
      items: (number % 7) + 1,
      note: 'leave at the door',
    }),
    headers: [
      ['trace-id', `${number.toString(16).padStart(16, '0')}`],
      ['source', 'shop'],
      ['source', 'demo'],
    ],
  };
}

function orderEvent(number: number): RecordToSend {
  const key = `order-${number % 20_000}`;
  if (number % 50 === 0) return { key, value: null };
  return { key, value: JSON.stringify({ order: number, state: STATES[number % STATES.length] }) };
}

function notification(number: number): RecordToSend {
  return { key: null, value: `Your order ${number} is ${STATES[number % STATES.length]!.toLowerCase()}.` };
}
