import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MskBackupError } from '../../../runtime/src/errors.ts';
import type { KafkaClient } from '../../../runtime/src/kafka/client.ts';
import type { AddPartitionsToTxnResponse } from '../../../runtime/src/kafka/protocol/add-partitions-to-txn.ts';
import { kafkaError } from '../../../runtime/src/kafka/protocol/error-codes.ts';
import { type KafkaCluster, startKafka } from '../../support/kafka/cluster.ts';
import { type JavaClient, javaClient, type ScenarioProducer } from '../../support/kafka/java-client.ts';
import { connectedTo, endsOf, FILLERS, openFiller, through } from './support.ts';

describe.each(['4', '3.9'])('one broker of Kafka %s', (version) => {
  let kafka: KafkaCluster;
  let java: JavaClient;
  let producer: ScenarioProducer;
  let client: KafkaClient;
  beforeAll(async () => {
    kafka = await startKafka({ version });
    java = javaClient(kafka);
    producer = await java.producer();
    client = await connectedTo(kafka);
  }, 120_000);
  afterAll(async () => {
    await client?.close();
    await kafka?.stop();
  });

  async function sendAt(topic: string, partition: number, offset: number) {
    expect(await producer.send(topic, [{ partition, value: `${offset}` }])).toEqual([{ partition, offset }]);
  }

  const read = async (topic: string, isolation: 'read_committed' | 'read_uncommitted') =>
    (await java.readAll(topic, { isolation })).map(({ partition, offset, value }) => [partition, offset, `${value}`]);

  // First, so that the transactions of this cluster begin here.
  test.each(FILLERS)('%s fill holes of any length in several partitions at once, and nobody sees them', async (how) => {
    const partitions = [0, 1, 2, 3, 4, 5];
    await java.createTopic(how, { partitions: partitions.length });
    const filler = await openFiller(client, how, 'visible');
    const expected: [number, number, string][] = [];
    const ends: number[] = [];
    await Promise.all(
      partitions.map(async (partition) => {
        let at = 0;
        for (const hole of [1, 2, 50, partition]) {
          await sendAt(how, partition, at);
          expected.push([partition, at, `${at}`]);
          await filler.fill({ topic: how, partition }, at + 1, at + 1 + hole);
          at += 1 + hole;
        }
        ends[partition] = at;
      }),
    );
    expected.sort(([p, a], [q, b]) => p - q || a - b);
    for (const isolation of ['read_committed', 'read_uncommitted'] as const) {
      expect(await read(how, isolation)).toEqual(expected);
      expect((await java.offsets(how, isolation)).map(({ end }) => end)).toEqual(ends);
    }
  });

  test.each(FILLERS)('%s fill a hole that begins the log, and say when the log is elsewhere', async (how) => {
    const topic = `${how}-elsewhere`;
    await java.createTopic(topic);
    const place = { topic, partition: 0 };
    const filler = await openFiller(client, how, 'elsewhere');
    await filler.fill(place, 0, 3);
    await filler.fill(place, 3, 3);
    await sendAt(topic, 0, 3);
    const overshot = {
      kind: 'data',
      code: 'OVERSHOT',
      message: expect.stringMatching(`topic ${topic}, partition 0: .*4`),
    };
    await expect(filler.fill(place, 3, 3)).rejects.toMatchObject(overshot);
    await expect(filler.fill(place, 4, 3)).rejects.toMatchObject(overshot);
    await expect(filler.fill(place, 5, 5)).rejects.toMatchObject({ kind: 'data', code: 'LOG_TRUNCATED' });
    expect(await endsOf(client, place)).toEqual({ logEnd: 4, highWatermark: 4 });
  });

  test.each([
    ['transactions', 'InitProducerId'],
    ['transactions', 'AddPartitionsToTxn'],
    ['transactions', 'EndTxn'],
    ['transactions', 'DescribeTransactions'],
    ['markers', 'WriteTxnMarkers'],
  ] as const)('%s: lost answers to %s put no marker too many', async (how, apiName) => {
    const topic = `${how}-${apiName}`;
    await java.createTopic(topic, { partitions: 2 });
    let asked = 0;
    const flaky = through(client, async (forward, request) => {
      const answer = await forward();
      if (request.apiName === apiName && ++asked % 3 === 2) throw lost();
      return answer;
    });
    const filler = await openFiller(flaky, how, `lossy-${apiName}`);
    await Promise.all(
      [0, 1].map(async (partition) => {
        for (const [from, until] of [
          [0, 1],
          [1, 3],
          [3, 13],
        ] as const)
          await filler.fill({ topic, partition }, from, until);
        await sendAt(topic, partition, 13);
      }),
    );
    expect(asked).toBeGreaterThan(2);
  });

  test('markers: what is left of a request when its connection was lost is kept out', async () => {
    const topic = 'late';
    await java.createTopic(topic);
    // On one connection the broker would answer nothing else meanwhile.
    const other = await connectedTo(kafka);
    let requests = 0;
    const late = through(client, (forward, request) => {
      if (request.apiName !== 'WriteTxnMarkers' || ++requests > 1) return forward();
      other.send(1, request).catch(() => {});
      return Promise.reject(lost());
    });
    const filler = await openFiller(late, 'markers', '');
    await filler.fill({ topic, partition: 0 }, 0, 12_000);
    await other.close();
    await sendAt(topic, 0, 12_000);
    expect(requests).toBeGreaterThan(2);
  });

  test('markers: a request that arrives after its connection was lost is waited for', async () => {
    const topic = 'later';
    await java.createTopic(topic);
    let arrive: (() => Promise<unknown>) | undefined;
    const later = through(client, async (forward, request) => {
      if (request.apiName !== 'WriteTxnMarkers') return forward();
      if (arrive !== undefined) {
        await arrive();
        return forward();
      }
      let arriving: Promise<unknown> | undefined;
      arrive = () => (arriving ??= forward());
      setTimeout(arrive, 500);
      throw lost();
    });
    const filler = await openFiller(later, 'markers', '');
    await filler.fill({ topic, partition: 0 }, 0, 1);
    await sendAt(topic, 0, 1);
  });

  test('transactions: one that begins late, after its connection was lost, is refused', async () => {
    const topic = 'begins-late';
    await java.createTopic(topic);
    const place = { topic, partition: 0 };
    let arriving: Promise<unknown> | undefined;
    const late = through(client, (forward, request) => {
      if (request.apiName !== 'AddPartitionsToTxn' || arriving !== undefined) return forward();
      arriving = sleep(500).then(forward);
      return Promise.reject(lost());
    });
    const filler = await openFiller(late, 'transactions', 'begins-late');
    await filler.fill(place, 0, 1);
    const { partitions } = (await arriving) as AddPartitionsToTxnResponse;
    expect(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED']).toContain(kafkaError(partitions[0]!.errorCode).name);
    await filler.fill(place, 1, 20);
    await sendAt(topic, 0, 20);
  });

  test('a broker that stops in the middle and comes back', async () => {
    const places = [0, 1, 2, 3].map((partition) => ({ topic: 'restart', partition }));
    await java.createTopic('restart', { partitions: places.length });
    let answers = 0;
    let restarting: Promise<void> | undefined;
    const watched = through(client, async (forward) => {
      // Somewhere in the middle of it, whatever that is.
      if (++answers === 40) restarting = kafka.brokers[0]!.kill().then(() => kafka.brokers[0]!.start());
      return forward();
    });
    const fillers = await Promise.all(FILLERS.map((how) => openFiller(watched, how, 'restart')));
    await Promise.all(
      places.map(async (place, i) => {
        for (let at = 0; at < 40; at += 2) await fillers[i % fillers.length]!.fill(place, at, at + 2);
      }),
    );
    expect(restarting).toBeDefined();
    await restarting;
    for (const place of places) expect(await endsOf(client, place)).toEqual({ logEnd: 40, highWatermark: 40 });
    expect(await read('restart', 'read_uncommitted')).toEqual([]);
  }, 120_000);

  test('a second filler of the same restore keeps the first from writing', async () => {
    const topic = 'twice';
    await java.createTopic(topic);
    const place = { topic, partition: 0 };
    const first = await openFiller(client, 'transactions', 'twice');
    await first.fill(place, 0, 2);
    const second = await openFiller(client, 'transactions', 'twice');
    const fenced = {
      kind: 'configuration',
      code: 'FILLER_FENCED',
      message: expect.stringMatching(/msk-backup-twice-\d/),
    };
    await expect(first.fill(place, 2, 10)).rejects.toMatchObject(fenced);
    await second.fill(place, 2, 10);
    await sendAt(topic, 0, 10);
  });
});

const lost = () => new MskBackupError('connection', 'CONNECTION_LOST', 'the answer was lost');
