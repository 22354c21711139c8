import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startKafka } from './kafka/cluster.ts';
import { toolClass } from './kafka/console.ts';
import { javaClient } from './kafka/java-client.ts';

test('the oldest version: transactions and tools', async () => {
  const kafka = await startKafka({ version: '3.6' });
  try {
    const client = javaClient(kafka);
    await client.createTopic('old');
    const producer = await client.producer({ 'transactional.id': 'a', 'compression.type': 'zstd' });
    await producer.begin();
    await producer.send('old', [{ value: 'committed' }]);
    await producer.commit();
    expect((await client.readAll('old')).map(({ value }) => String(value))).toEqual(['committed']);
    const at = ['--bootstrap-server', kafka.bootstrapServers[0]!];
    const topics = await kafka.tool(toolClass(kafka, 'topics'), [...at, '--list']);
    expect(topics).toMatchObject({ code: 0, stderr: '' });
    expect(topics.stdout).toContain('old');
  } finally {
    await kafka.stop();
  }
});

test('three brokers go on when one is killed', async () => {
  const kafka = await startKafka({ brokers: 3 });
  try {
    const client = javaClient(kafka);
    await client.createTopic('kept', { partitions: 3 });
    const producer = await client.producer({ acks: 'all' });
    const send = (value: string) =>
      producer.send(
        'kept',
        [0, 1, 2].map((partition) => ({ partition, value })),
      );
    await send('before');
    const victim = kafka.brokers[2]!;
    await victim.kill();
    await send('after');
    const { replicationFactor, leaders } = await client.describeTopic('kept');
    expect(replicationFactor).toBe(3);
    expect(leaders.every((leader) => leader === 1 || leader === 2)).toBe(true);
    const values = (await client.readAll('kept')).map(({ value }) => String(value));
    expect(values).toEqual(['before', 'after', 'before', 'after', 'before', 'after']);
  } finally {
    await kafka.stop();
  }
});

test('a paused broker answers nothing and goes on when it is resumed', async () => {
  const kafka = await startKafka();
  try {
    const client = javaClient(kafka);
    kafka.brokers[0]!.pause();
    let created = false;
    const creating = client.createTopic('late').then(() => {
      created = true;
    });
    await sleep(1_000);
    expect(created).toBe(false);
    kafka.brokers[0]!.resume();
    await creating;
    expect((await client.describeTopic('late')).partitions).toBe(1);
  } finally {
    await kafka.stop();
  }
});
