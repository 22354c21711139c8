import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patchForProduce } from '../../runtime/src/batch/produce-form.ts';
import { walkBatches } from '../../runtime/src/batch/walk.ts';
import type { KafkaClient } from '../../runtime/src/kafka/client.ts';
import { describeCluster, describeWhenLed } from '../../runtime/src/kafka/describe-cluster.ts';
import { fetchGroupOffsets } from '../../runtime/src/kafka/group-offsets.ts';
import { initProducerId } from '../../runtime/src/kafka/init-producer-id.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { endOfLeaderEpochs } from '../../runtime/src/kafka/leader-epochs.ts';
import { listOffsets } from '../../runtime/src/kafka/list-offsets.ts';
import { deleteRecordsRequest } from '../../runtime/src/kafka/protocol/delete-records.ts';
import { fetchRequest } from '../../runtime/src/kafka/protocol/fetch.ts';
import { produceRequest } from '../../runtime/src/kafka/protocol/produce.ts';
import { alterTopicConfigs } from '../../runtime/src/kafka/topic-configs.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { toolClass } from '../support/kafka/console.ts';
import { javaClient, startProducer } from '../support/kafka/java-client.ts';
import { endpointOf, produceLines } from './support.ts';

const LINES = Array.from({ length: 500 }, (_, i) => `value ${i} ${'x'.repeat(i % 50)}`);

describe.each(['4', '3.6'])('requests to Kafka %s', (version) => {
  let cluster: KafkaCluster;
  let client: KafkaClient;

  beforeAll(async () => {
    cluster = await startKafka({ version });
    client = createKafkaClient(endpointOf(cluster));
    await client.connect();
    await create('orders', 2);
    const producer = await startProducer(cluster, { 'compression.type': 'lz4', 'batch.size': '2000' });
    await producer.send(
      'orders',
      LINES.map((value, i) => ({ value, partition: i % 2 })),
    );
    await producer.close();
  });

  afterAll(async () => {
    await client?.close();
    await cluster?.stop();
  });

  async function create(name: string, partitions = 1, config: Record<string, string> = {}) {
    await client.createTopics([{ name, partitions, replicationFactor: -1, config }]);
    return describeWhenLed(client, [name]);
  }

  async function fetch(topic: string, partition = 0, fetchOffset = 0, maxBytes = 1_000_000) {
    const answer = await client.send(
      1,
      fetchRequest({
        isolationLevel: 'read_committed',
        maxWaitMs: 100,
        minBytes: 1,
        maxBytes,
        partitions: [{ topic, partition, fetchOffset, maxBytes }],
      }),
      'fetch',
    );
    return answer.partitions[0]!;
  }

  /** All that Kafka's own producer wrote into `orders`. */
  async function bothPartitions() {
    return Promise.all([fetch('orders', 0), fetch('orders', 1)]);
  }

  it('describe the cluster and its topics', async () => {
    const [broker] = cluster.brokers;
    const all = await describeCluster(client);
    expect(all.clusterId).toHaveLength(22);
    expect(all.brokers).toEqual([{ nodeId: 1, host: '127.0.0.1', port: Number(broker!.address.split(':')[1]) }]);
    expect(all.topics.map(({ name }) => name)).toContain('orders');
    const { topics } = await describeCluster(client, ['orders', 'absent']);
    expect(topics[0]).toMatchObject({ name: 'absent', errorCode: 3, partitions: [] });
    expect(topics[1]).toMatchObject({ name: 'orders', errorCode: 0, internal: false });
    expect(topics[1]!.topicId).toMatch(/^[\w-]{22}$/);
    expect(topics[1]!.partitions).toEqual(
      [0, 1].map((partition) => ({
        errorCode: 0,
        partition,
        leader: 1,
        leaderEpoch: 0,
        replicas: [1],
        isr: [1],
        offline: [],
      })),
    );
    // Asking has not created it.
    expect((await describeCluster(client)).topics.map(({ name }) => name)).not.toContain('absent');
  });

  it('fetch record batches as the producer wrote them', async () => {
    const partitions = await bothPartitions();
    let records = 0;
    for (const { topic, partition, records: bytes, highWatermark, lastStableOffset, errorCode } of partitions) {
      expect(errorCode).toBe(0);
      const { batches, end } = walkBatches(bytes, { topic, partition });
      expect(end).toBe(bytes.length);
      expect(batches.every(({ codec }) => codec === 'lz4')).toBe(true);
      expect(batches.at(-1)!.lastOffset + 1).toBe(highWatermark);
      expect(lastStableOffset).toBe(highWatermark);
      records += batches.reduce((sum, batch) => sum + batch.recordCount, 0);
    }
    expect(records).toBe(LINES.length);
  });

  it('fetch several partitions in the order of the request', async () => {
    await create('other');
    const wanted = [
      ['orders', 1],
      ['other', 0],
      ['orders', 0],
    ] as const;
    const { partitions } = await client.send(
      1,
      fetchRequest({
        isolationLevel: 'read_uncommitted',
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: 1_000_000,
        partitions: wanted.map(([topic, partition]) => ({ topic, partition, fetchOffset: 0, maxBytes: 1_000_000 })),
      }),
    );
    expect(partitions.map(({ topic, partition }) => [topic, partition])).toEqual(wanted);
  });

  it('tell when an offset is out of range, in the value', async () => {
    expect(await fetch('orders', 0, 1_000_000)).toMatchObject({ errorCode: 1, highWatermark: -1 });
    expect(await fetch('orders', 7)).toMatchObject({ errorCode: 3 });
  });

  it('produce batches from pieces, idempotently', async () => {
    await create('copy');
    const [source] = await bothPartitions();
    const { batches } = walkBatches(source!.records, { topic: 'orders', partition: 0 });
    const identity = await initProducerId(client);
    const produce = async (batch: Buffer) => {
      const records = [batch.subarray(0, 10), batch.subarray(10, 11), new Uint8Array(batch.subarray(11))];
      const topics = [{ topic: 'copy', partitions: [{ partition: 0, records }] }];
      const answer = await client.send(1, produceRequest({ acks: -1, timeoutMs: 5000, topics }));
      return answer.partitions[0]!;
    };
    let sequence = 0;
    for (const { start, end, recordCount } of batches) {
      const batch = Buffer.from(source!.records.subarray(start, end));
      patchForProduce(batch, { ...identity, baseSequence: sequence });
      const answer = await produce(batch);
      const expected = { topic: 'copy', partition: 0, errorCode: 0, baseOffset: sequence };
      expect(answer).toMatchObject({ ...expected, logAppendTime: -1 });
      // A repetition is recognised, and told the first time's offset; with a time, whatever the topic's timestamp type.
      const repeated = await produce(batch);
      expect(repeated).toMatchObject(expected);
      expect(repeated.logAppendTime).toBeGreaterThan(0);
      sequence += recordCount;
    }
    const copy = await fetch('copy');
    const copied = walkBatches(copy.records, { topic: 'copy', partition: 0 }).batches;
    const payload = (bytes: Buffer, { start, end }: { start: number; end: number }) => bytes.subarray(start + 61, end);
    expect(copied.map((batch) => payload(copy.records, batch))).toEqual(
      batches.map((batch) => payload(source!.records, batch)),
    );
  });

  it('tell why a batch is refused', async () => {
    await create('compacted', 1, { 'cleanup.policy': 'compact' });
    const [source] = await bothPartitions();
    const [first] = walkBatches(source!.records, { topic: 'orders', partition: 0 }).batches;
    const batch = Buffer.from(source!.records.subarray(first!.start, first!.end));
    patchForProduce(batch, { producerId: -1, producerEpoch: -1, baseSequence: -1 });
    const topics = [{ topic: 'compacted', partitions: [{ partition: 0, records: [batch] }] }];
    const answer = await client.send(1, produceRequest({ acks: -1, timeoutMs: 5000, topics }));
    expect(answer.partitions[0]).toMatchObject({
      errorCode: 87,
      baseOffset: -1,
      errorMessage: expect.stringMatching(/key/),
    });
  });

  it('list offsets by name and by time', async () => {
    const description = await create('times');
    await produceLines(cluster, 'times', ['a', 'b', 'c']);
    const between = Date.now() + 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    await produceLines(cluster, 'times', ['d', 'e']);
    await client.send(1, deleteRecordsRequest([{ topic: 'times', partition: 0, beforeOffset: 2 }], 5000));
    const ask = { topic: 'times', partition: 0 };
    const answers = await listOffsets(client, description, [
      { ...ask, at: 'latest' },
      { ...ask, at: 'earliest' },
      { ...ask, at: 'last_stable' },
      { ...ask, at: between },
      { ...ask, at: Date.now() + 60_000 },
    ]);
    expect(answers.map(({ offset }) => offset)).toEqual([5, 2, 5, 3, -1]);
    expect(answers.every(({ errorCode }) => errorCode === 0)).toBe(true);
    expect(answers[3]!.timestamp).toBeGreaterThanOrEqual(between);
  });

  it('answer for partitions without a leader at once', async () => {
    const description = await describeCluster(client, ['orders']);
    description.topics[0]!.partitions[1]!.leader = -1;
    const answers = await listOffsets(client, description, [
      { topic: 'orders', partition: 1, at: 'latest' },
      { topic: 'orders', partition: 0, at: 'earliest' },
    ]);
    expect(answers).toMatchObject([
      { partition: 1, errorCode: 5, offset: -1 },
      { partition: 0, errorCode: 0, offset: 0 },
    ]);
  });

  it('follow a leader that has moved', async () => {
    const description = await describeCluster(client, ['orders']);
    for (const partition of description.topics[0]!.partitions) partition.leader = 99;
    const answers = await listOffsets(client, description, [{ topic: 'orders', partition: 0, at: 'earliest' }]);
    expect(answers).toMatchObject([{ errorCode: 0, offset: 0 }]);
  });

  it('find where leader epochs end', async () => {
    const [partition0] = await bothPartitions();
    const description = await describeCluster(client, ['orders']);
    const ends = await endOfLeaderEpochs(client, description, [{ topic: 'orders', partition: 0, leaderEpoch: 0 }]);
    expect(ends).toEqual([
      { topic: 'orders', partition: 0, errorCode: 0, leaderEpoch: 0, endOffset: partition0!.highWatermark },
    ]);
  });

  it('delete records', async () => {
    await create('gone');
    await produceLines(cluster, 'gone', ['a', 'b', 'c']);
    const deleted = await client.send(
      1,
      deleteRecordsRequest([{ topic: 'gone', partition: 0, beforeOffset: 2 }], 5000),
    );
    expect(deleted.partitions).toEqual([{ topic: 'gone', partition: 0, errorCode: 0, lowWatermark: 2 }]);
    expect(await fetch('gone', 0, 0)).toMatchObject({ errorCode: 1 });
    expect((await fetch('gone', 0, 2)).logStartOffset).toBe(2);
  });

  it('create topics as asked, and say why not', async () => {
    const { topics } = await create('configured', 3, { 'retention.ms': '123456', 'cleanup.policy': 'compact,delete' });
    expect(topics[0]!.partitions).toHaveLength(3);
    const own = (await client.describeTopicConfigs(['configured'])).get('configured')!.filter((e) => !e.isDefault);
    expect(Object.fromEntries(own.map(({ name, value }) => [name, value]))).toEqual({
      'retention.ms': '123456',
      'cleanup.policy': 'compact,delete',
    });
    await expect(create('configured')).rejects.toMatchObject({
      code: 'TOPIC_EXISTS',
      message: expect.stringContaining('configured'),
    });
    await expect(create('wrong', 1, { 'retention.ms': 'soon' })).rejects.toMatchObject({
      kind: 'configuration',
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(/cannot create topic wrong: INVALID_CONFIG \(.*soon/),
    });
    await expect(
      client.createTopics([{ name: 'wide', partitions: 1, replicationFactor: 2, config: {} }]),
    ).rejects.toMatchObject({ code: 'INVALID_REPLICATION_FACTOR' });
  });

  it('change configurations entry by entry', async () => {
    await create('altered', 1, { 'retention.ms': '1000000', 'max.message.bytes': '5000' });
    await alterTopicConfigs(client, [
      { topic: 'altered', config: { 'retention.ms': '-1', 'segment.bytes': '1048576' } },
    ]);
    await alterTopicConfigs(client, [{ topic: 'altered', config: { 'max.message.bytes': null } }]);
    await expect
      .poll(async () => {
        const entries = (await client.describeTopicConfigs(['altered'])).get('altered')!;
        return Object.fromEntries(entries.filter((e) => !e.isDefault).map(({ name, value }) => [name, value]));
      })
      .toEqual({ 'retention.ms': '-1', 'segment.bytes': '1048576' });
    await expect(alterTopicConfigs(client, [{ topic: 'altered', config: { nonsense: '1' } }])).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('topic altered'),
    });
  });

  it('read the offsets of groups from their coordinators', async () => {
    const committed = (partition: number, offset: number) => ({ topic: 'orders', partition, offset });
    const java = javaClient(cluster);
    await java.commitOffsets('shipping', [committed(1, 100), { ...committed(0, 7), metadata: 'of mine' }]);
    await java.commitOffsets('billing', [committed(0, 3)]);
    const listed = await client.listGroups();
    expect(listed.map(({ groupId }) => groupId)).toEqual(['billing', 'shipping']);
    const ids = ['shipping', 'billing', 'unheard-of'];
    const groups = await fetchGroupOffsets(client, ids);
    const at = (partition: number, offset: number, metadata = '') => ({
      ...committed(partition, offset),
      leaderEpoch: -1,
      metadata,
    });
    expect(groups).toEqual([
      { groupId: 'shipping', offsets: [at(0, 7, 'of mine'), at(1, 100)] },
      { groupId: 'billing', offsets: [at(0, 3)] },
      { groupId: 'unheard-of', offsets: [] },
    ]);
  });

  it('tell aborted transactions, and where an open one holds up readers', async () => {
    const description = await create('transacted');
    const producer = await startProducer(cluster, { 'transactional.id': 'apis' });
    await producer.begin();
    await producer.send('transacted', [{ value: 'a' }, { value: 'b' }]);
    await producer.abort();
    await producer.begin();
    await producer.send('transacted', [{ value: 'c' }]);
    const at = { topic: 'transacted', partition: 0 };
    const ask = () =>
      listOffsets(client, description, [
        { ...at, at: 'last_stable' },
        { ...at, at: 'latest' },
      ]);
    expect((await ask()).map(({ offset }) => offset)).toEqual([3, 4]);
    const fetched = await fetch('transacted');
    const { batches } = walkBatches(fetched.records, at);
    expect(fetched.abortedTransactions).toEqual([{ producerId: batches[0]!.producerId, firstOffset: 0 }]);
    expect(fetched).toMatchObject({ lastStableOffset: 3, highWatermark: 4 });
    expect(batches.at(-1)!.lastOffset).toBe(2);
    await producer.commit();
    await producer.close();
    expect((await ask()).map(({ offset }) => offset)).toEqual([5, 5]);
  });

  it.runIf(version === '4')('list groups of the newer protocol with the others', async () => {
    const { code, stderr } = await cluster.tool(toolClass(cluster, 'consoleConsumer'), [
      ...['--bootstrap-server', cluster.bootstrapServers.join(','), '--topic', 'orders', '--group', 'modern'],
      ...['--consumer-property', 'group.protocol=consumer', '--from-beginning', '--max-messages', String(LINES.length)],
    ]);
    expect(code, stderr).toBe(0);
    expect(await client.listGroups()).toContainEqual({ groupId: 'modern', protocolType: 'consumer' });
    const [group] = await fetchGroupOffsets(client, ['modern']);
    expect(group!.offsets.reduce((sum, { offset }) => sum + offset, 0)).toBe(LINES.length);
  });
});
