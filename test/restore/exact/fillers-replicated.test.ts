import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PartitionName } from '../../../runtime/src/kafka/by-leader.ts';
import type { KafkaClient } from '../../../runtime/src/kafka/client.ts';
import { describeCluster, describeWhenLed } from '../../../runtime/src/kafka/describe-cluster.ts';
import { findTransactionCoordinator } from '../../../runtime/src/kafka/find-transaction-coordinator.ts';
import { describeTransactionsRequest } from '../../../runtime/src/kafka/protocol/describe-transactions.ts';
import { transactionalIdOf } from '../../../runtime/src/restore/exact/transaction-filler.ts';
import { type KafkaCluster, startKafka } from '../../support/kafka/cluster.ts';
import { type JavaClient, javaClient, type ScenarioProducer } from '../../support/kafka/java-client.ts';
import { ended, spawnOwned } from '../../support/process.ts';
import { connectedTo, endsOf, FILLERS, openFiller } from './support.ts';

describe.each(['4', '3.9'])('three brokers of Kafka %s', (version) => {
  let kafka: KafkaCluster;
  let java: JavaClient;
  let producer: ScenarioProducer;
  let client: KafkaClient;
  beforeAll(async () => {
    kafka = await startKafka({ version, brokers: 3 });
    java = javaClient(kafka);
    producer = await java.producer();
    client = await connectedTo(kafka);
  }, 120_000);
  afterAll(async () => {
    await client?.close();
    await kafka?.stop();
  });

  /** A partition of a new topic that the broker leads. */
  async function ledBy(nodeId: number, topic: string): Promise<PartitionName> {
    await java.createTopic(topic, { partitions: 3 });
    const { topics } = await describeWhenLed(client, [topic]);
    return { topic, partition: topics[0]!.partitions.find(({ leader }) => leader === nodeId)!.partition };
  }

  /** Either the end is where it should be, everywhere, or it was told that it is not. */
  async function expectExactOrTold(place: PartitionName, until: number, fill: () => Promise<void>): Promise<void> {
    const description = await describeWhenLed(client, [place.topic]);
    const told = await fill().then(
      () => undefined,
      (error) => error,
    );
    const ends = await endsOf(client, place, description);
    if (told === undefined) expect(ends).toEqual({ logEnd: until, highWatermark: until });
    else {
      expect(told).toMatchObject({ kind: 'data', code: 'OVERSHOT' });
      expect(ends.logEnd).toBeGreaterThan(until);
    }
  }

  test('what a killed run has left open is ended by the next, and no marker comes later', async () => {
    const topic = 'left-open';
    await java.createTopic(topic);
    const place = { topic, partition: 0 };
    const timeoutMs = 3_000;
    const script = fileURLToPath(new URL('open-transaction-child.ts', import.meta.url));
    const args = [script, kafka.bootstrapServers[0]!, topic, topic, `${timeoutMs}`];
    const child = spawnOwned(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout!, 'data');
    child.kill('SIGKILL');
    await ended(child);

    const transactionalId = transactionalIdOf(topic, 0);
    const coordinator = await findTransactionCoordinator(client, transactionalId);
    const state = async () =>
      (await client.send(coordinator, describeTransactionsRequest([transactionalId]))).transactions[0]!.state;
    expect(await state()).toBe('Ongoing');
    const filler = await openFiller(client, 'transactions', topic);
    expect(await state()).toBe('Empty');
    expect(await endsOf(client, place)).toEqual({ logEnd: 1, highWatermark: 1 });
    await filler.fill(place, 1, 3);
    expect(await producer.send(topic, [{ value: 'next' }])).toEqual([{ partition: 0, offset: 3 }]);
    // The coordinator looks for transactions that are over time each second.
    await sleep(timeoutMs + 2_000);
    expect(await endsOf(client, place)).toEqual({ logEnd: 4, highWatermark: 4 });
  });

  test('a hole counts as filled when every replica in sync has it, though a follower stands still', async () => {
    const leader = 1;
    const places = await Promise.all([...FILLERS, 'none'].map((name) => ledBy(leader, `paused-${name}`)));
    const fillers = await Promise.all(FILLERS.map((how) => openFiller(client, how, 'paused')));
    for (const place of places) await fillers[0]!.fill(place, 0, 0);
    const hasty = await java.producer({ acks: '1', 'enable.idempotence': 'false' });
    const follower = kafka.brokers.find(({ nodeId }) => nodeId !== leader)!;
    follower.pause();
    try {
      const { topic, partition } = places[2]!;
      await hasty.send(topic, [{ partition, value: 'not confirmed' }]);
      expect(await endsOf(client, places[2]!)).toMatchObject({ logEnd: 1 });
      await Promise.all([
        expectExactOrTold(places[2]!, 1, () => fillers[0]!.fill(places[2]!, 1, 1)),
        ...fillers.map((filler, i) => expectExactOrTold(places[i]!, 3, () => filler.fill(places[i]!, 0, 3))),
      ]);
    } finally {
      follower.resume();
    }
    for (const [i, filler] of fillers.entries()) {
      const { topic, partition } = places[i]!;
      const { logEnd } = await endsOf(client, places[i]!);
      await filler.fill(places[i]!, logEnd, logEnd + 3);
      expect(await producer.send(topic, [{ partition, value: 'next' }])).toEqual([{ partition, offset: logEnd + 3 }]);
    }
    // For the next test.
    const inSync = async () => {
      const { topic, partition } = places[0]!;
      return (await describeCluster(client, [topic])).topics[0]!.partitions[partition]!.isr.length;
    };
    await expect.poll(inSync, { timeout: 60_000 }).toBe(3);
  }, 180_000);

  test('the leader dies in the middle', async () => {
    const leader = 3;
    const filling = await Promise.all(
      FILLERS.map(async (how) => {
        const place = await ledBy(leader, `killed-${how}`);
        const until = how === 'markers' ? 30_000 : 300;
        const filler = await openFiller(client, how, 'killed');
        await filler.fill(place, 0, 1);
        return { place, told: expectExactOrTold(place, until, () => filler.fill(place, 1, until)) };
      }),
    );
    const { place } = filling[FILLERS.indexOf('transactions')]!;
    const end = async () => (await endsOf(client, place)).logEnd;
    await expect.poll(end, { interval: 5, timeout: 20_000 }).toBeGreaterThan(1);
    await kafka.brokers[leader - 1]!.kill();
    await Promise.all(filling.map(({ told }) => told));
  }, 120_000);
});
