import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KafkaClient } from '../../runtime/src/kafka/client.ts';
import { deleteRecordsBefore } from '../../runtime/src/kafka/delete-records.ts';
import { describeWhenLed } from '../../runtime/src/kafka/describe-cluster.ts';
import { findTransactionCoordinator } from '../../runtime/src/kafka/find-transaction-coordinator.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { listOffsets } from '../../runtime/src/kafka/list-offsets.ts';
import { addPartitionsToTxnRequest } from '../../runtime/src/kafka/protocol/add-partitions-to-txn.ts';
import { describeTransactionsRequest } from '../../runtime/src/kafka/protocol/describe-transactions.ts';
import { endTxnRequest } from '../../runtime/src/kafka/protocol/end-txn.ts';
import { kafkaError, protocolError } from '../../runtime/src/kafka/protocol/error-codes.ts';
import { initProducerIdRequest } from '../../runtime/src/kafka/protocol/init-producer-id.ts';
import { metadataRequest, OPERATION } from '../../runtime/src/kafka/protocol/metadata.ts';
import { writeTxnMarkersRequest } from '../../runtime/src/kafka/protocol/write-txn-markers.ts';
import { withRetries } from '../../runtime/src/kafka/retry.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { endpointOf, produceLines } from './support.ts';

describe.each(['4', '3.9', '3.6'])('Kafka %s', (version) => {
  let cluster: KafkaCluster;
  let client: KafkaClient;
  beforeAll(async () => {
    cluster = await startKafka({ version });
    client = createKafkaClient(endpointOf(cluster));
    await client.connect();
  });
  afterAll(async () => {
    await client?.close();
    await cluster?.stop();
  });

  async function create(name: string, partitions = 1) {
    await client.createTopics([{ name, partitions, replicationFactor: -1, config: {} }]);
    return describeWhenLed(client, [name]);
  }

  const nameOf = (errorCode: number) => kafkaError(errorCode).name;

  test('transactions are begun, described and aborted; markers are written', async () => {
    const description = await create('a', 2);
    const other = await create('b', 1);
    const places = [
      { topic: 'a', partition: 0 },
      { topic: 'a', partition: 1 },
      { topic: 'b', partition: 0 },
    ];
    const all = { ...description, topics: [...description.topics, ...other.topics] };
    const ends = async () => {
      const asked = places.flatMap((place) => [
        { ...place, at: 'log_end' as const },
        { ...place, at: 'latest' as const },
        { ...place, at: 'last_stable' as const },
      ]);
      return (await listOffsets(client, all, asked)).map(({ offset }) => offset);
    };
    const transactionalId = 'mine';
    const { coordinator, owner } = await withRetries(async () => {
      const nodeId = await findTransactionCoordinator(client, transactionalId);
      const answer = await client.send(nodeId, initProducerIdRequest({ transactionalId, timeoutMs: 60_000 }));
      if (answer.errorCode !== 0) throw protocolError(answer.errorCode, 'InitProducerId');
      const { producerId, producerEpoch } = answer;
      return { coordinator: nodeId, owner: { transactionalId, producerId, producerEpoch } };
    });
    const state = async (id: string) =>
      (await client.send(coordinator, describeTransactionsRequest([id]))).transactions[0]!;
    expect(await state(transactionalId)).toEqual({ ...owner, state: 'Empty', errorCode: 0 });
    expect(nameOf((await state('unheard-of')).errorCode)).toBe('TRANSACTIONAL_ID_NOT_FOUND');

    const added = await client.send(coordinator, addPartitionsToTxnRequest(owner, places));
    expect(added.partitions).toHaveLength(3);
    expect(added.partitions).toEqual(expect.arrayContaining(places.map((place) => ({ ...place, errorCode: 0 }))));
    expect(await state(transactionalId)).toEqual({ ...owner, state: 'Ongoing', errorCode: 0 });
    expect((await client.send(coordinator, endTxnRequest(owner, 'abort'))).errorCode).toBe(0);
    await expect.poll(async () => (await state(transactionalId)).state).toBe('CompleteAbort');
    expect(await ends()).toEqual(places.flatMap(() => [1, 1, 1]));

    const nowhere = [{ topic: 'nowhere', partition: 0 }, places[0]!];
    const refused = await client.send(coordinator, addPartitionsToTxnRequest(owner, nowhere));
    expect(refused.partitions.map(({ topic, errorCode }) => [topic, nameOf(errorCode)]).sort()).toEqual([
      ['a', 'OPERATION_NOT_ATTEMPTED'],
      ['nowhere', 'UNKNOWN_TOPIC_OR_PARTITION'],
    ]);
    const past = { ...owner, producerEpoch: owner.producerEpoch - 1 };
    expect(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED']).toContain(
      nameOf((await client.send(coordinator, endTxnRequest(past, 'abort'))).errorCode),
    );

    const { producerId } = await client.sendToAny(initProducerIdRequest());
    const marker = { producerId, producerEpoch: 3, outcome: 'abort' as const, coordinatorEpoch: 0 };
    const written = await client.send(
      1,
      writeTxnMarkersRequest([
        { ...marker, partitions: places },
        { ...marker, partitions: places.slice(1) },
      ]),
    );
    expect(written.partitions.map(({ errorCode }) => errorCode)).toEqual([0, 0, 0]);
    expect(await ends()).toEqual([2, 2, 2, 3, 3, 3, 3, 3, 3]);
    const late = await client.send(
      1,
      writeTxnMarkersRequest([{ ...marker, producerEpoch: 2, partitions: [places[0]!] }]),
    );
    expect(late.partitions).toEqual([{ ...places[0], producerId, errorCode: expect.any(Number) }]);
    expect(nameOf(late.partitions[0]!.errorCode)).toBe('INVALID_PRODUCER_EPOCH');
    expect(await ends()).toEqual([2, 2, 2, 3, 3, 3, 3, 3, 3]);
  });

  test('what may be done is told when it is asked for', async () => {
    await create('mine');
    const told = await client.sendToAny(metadataRequest(['mine'], 'operations'));
    for (const bit of [OPERATION.write, OPERATION.delete, OPERATION.alterConfigs]) {
      expect(told.topics[0]!.authorizedOperations! & (1 << bit)).not.toBe(0);
    }
    expect(told.authorizedOperations! & (1 << OPERATION.alter)).not.toBe(0);
    const silent = await client.sendToAny(metadataRequest(['mine']));
    expect(silent.authorizedOperations).toBeUndefined();
    expect(silent.topics[0]!.authorizedOperations).toBeUndefined();
  });

  test('only a leader of the known epoch tells its log end, and a newer one is noted', async () => {
    const description = await create('led');
    const [partition] = description.topics[0]!.partitions;
    const { leader, leaderEpoch } = partition!;
    Object.assign(partition!, { leader: 99, leaderEpoch: leaderEpoch + 1 });
    const ask = () => listOffsets(client, description, [{ topic: 'led', partition: 0, at: 'log_end' }]);
    expect(await ask()).toMatchObject([{ errorCode: 0, offset: 0 }]);
    expect(partition).toMatchObject({ leader, leaderEpoch });
    // The right broker, of an epoch that is still to come.
    partition!.leaderEpoch = leaderEpoch + 1;
    expect(await ask()).toMatchObject([{ errorCode: 0, offset: 0 }]);
    expect(partition!.leaderEpoch).toBe(leaderEpoch);
  });

  test('records are deleted up to an offset, and again without harm', async () => {
    const description = await create('begun');
    await produceLines(cluster, 'begun', ['a', 'b', 'c']);
    const deleteBelow = (beforeOffset: number) =>
      deleteRecordsBefore(client, description, [{ topic: 'begun', partition: 0, beforeOffset }]);
    const done = { topic: 'begun', partition: 0, errorCode: 0, lowWatermark: 2 };
    expect(await deleteBelow(2)).toEqual([done]);
    expect(await deleteBelow(2)).toEqual([done]);
    expect(await deleteBelow(1)).toEqual([done]);
    await expect(deleteBelow(4)).rejects.toMatchObject({
      kind: 'data',
      code: 'OFFSET_OUT_OF_RANGE',
      message: expect.stringContaining('begun[0]'),
    });
  });
});
