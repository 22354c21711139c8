import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeBatch } from '../../runtime/src/batch/encode.ts';
import { MskBackupError } from '../../runtime/src/errors.ts';
import type { ApiRequest, KafkaClient } from '../../runtime/src/kafka/client.ts';
import { initProducerId } from '../../runtime/src/kafka/init-producer-id.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { PartitionWriter } from '../../runtime/src/restore/write/partition-writer.ts';
import { Producer, type ProducerOptions } from '../../runtime/src/restore/write/producer.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { endpointOf } from './harness.ts';

let kafka: KafkaCluster;
let java: JavaClient;
let client: KafkaClient;
beforeAll(async () => {
  kafka = await startKafka();
  java = javaClient(kafka);
  client = createKafkaClient(endpointOf(kafka));
  await client.connect();
}, 120_000);
afterAll(async () => {
  await client?.close();
  await kafka?.stop();
});

/** A batch of one record, named by a number. */
async function batch(number: number, timestamp = 1_790_000_000_000) {
  const value = Buffer.from(`${number}`);
  const record = { offset: 0, timestamp, key: null, value, headers: [] };
  const bytes = await encodeBatch([record], { codec: 'none', timestampType: 'CreateTime' });
  return { bytes, records: 1, runs: [{ from: number, until: number + 1 }], crcs: [number], acknowledged() {} };
}

/** Rejects with the first fatal error, or resolves when all batches are acknowledged. */
async function produce(topic: string, through: KafkaClient, over: Partial<ProducerOptions> = {}, count = 30) {
  const fatal = Promise.withResolvers<never>();
  const signal = new AbortController().signal;
  const options = { timeoutMs: 5000, exclusive: true, signal, onFatal: fatal.reject, ...over };
  const producer = new Producer(through, await initProducerId(client), options);
  const writer = new PartitionWriter(topic, 0, 1, 0);
  for (let number = 0; number < count; number++) producer.push(writer, await batch(number));
  await Promise.race([writer.flushed(), fatal.promise]);
  await producer.idle();
  return writer;
}

/** The real client, with something that happens to the answers of produce requests. */
function disturbed(disturb: (answered: number) => void): KafkaClient {
  let answered = 0;
  const send = async <T>(nodeId: number, request: ApiRequest<T>, lane?: 'control' | 'fetch') => {
    const answer = await client.send(nodeId, request, lane);
    if (request.apiName === 'Produce') disturb(answered++);
    return answer;
  };
  return new Proxy(client, {
    get: (target, name) => {
      if (name === 'send') return send;
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const lost = () => new MskBackupError('connection', 'CONNECTION_LOST', 'the answer was lost');
const numbers = async (topic: string) => (await java.readAll(topic)).map(({ value }) => Number(value));
const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);

test('answers that get lost after the batch was appended double nothing', async () => {
  await java.createTopic('lossy');
  const flaky = disturbed((answered) => {
    if (answered % 4 === 0 || answered === 5) throw lost();
  });
  const { ledger } = await produce('lossy', flaky);
  expect(await numbers('lossy')).toEqual(upTo(30));
  expect(ledger).toMatchObject({ records: 30, batches: 30, end: 30 });
  expect([...ledger.map.ranges()]).toEqual([{ source: 0, target: 0, length: 30 }]);
});

test('a topic that does not exist yet is waited for', async () => {
  const producing = produce('late', client);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await java.createTopic('late');
  await producing;
  expect(await numbers('late')).toEqual(upTo(30));
});

test('a partition that gets nowhere ends it, with the last reason', async () => {
  await java.createTopic('cut-off');
  const broken = disturbed(() => {
    throw lost();
  });
  await expect(produce('cut-off', broken, { stallMs: 1000 })).rejects.toMatchObject({
    kind: 'connection',
    code: 'NO_PROGRESS',
    message: expect.stringMatching(/topic cut-off, partition 0 \(source offsets 0 to 0\).*the answer was lost/),
  });
});

test('append times of the target are noticed', async () => {
  await java.createTopic('stamped', { config: { 'message.timestamp.type': 'LogAppendTime' } });
  await expect(produce('stamped', client)).rejects.toMatchObject({ kind: 'data', code: 'TIMESTAMPS_REPLACED' });
});

test('what the target refuses for good is told with topic, partition, offsets, reason and advice', async () => {
  await java.createTopic('keyed', { config: { 'cleanup.policy': 'compact' } });
  await expect(produce('keyed', client)).rejects.toMatchObject({
    kind: 'data',
    code: 'INVALID_RECORD',
    message: expect.stringMatching(
      /topic keyed, partition 0: .*source offsets 0 to 0.*without a?.*key.*cleanup\.policy/,
    ),
  });
  await java.createTopic('timely', { config: { 'message.timestamp.before.max.ms': '1000' } });
  await expect(produce('timely', client, {}, 1)).rejects.toMatchObject({
    code: 'INVALID_TIMESTAMP',
    message: expect.stringContaining('message.timestamp.before.max.ms'),
  });
});
