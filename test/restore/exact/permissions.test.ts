import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KafkaClient } from '../../../runtime/src/kafka/client.ts';
import { type ExactRestoreNeeds, missingPermissions } from '../../../runtime/src/restore/plan/exact-permissions.ts';
import { type KafkaCluster, startKafka } from '../../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../../support/kafka/java-client.ts';
import { connectedTo, openFiller } from './support.ts';

describe.each(['4', '3.9'])('Kafka %s', (version) => {
  let kafka: KafkaCluster;
  let java: JavaClient;
  let client: KafkaClient;
  beforeAll(async () => {
    kafka = await startKafka({
      version,
      config: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'allow.everyone.if.no.acl.found': 'true',
      },
    });
    java = javaClient(kafka);
    client = await connectedTo(kafka);
    await java.createTopic('orders');
  }, 120_000);
  afterAll(async () => {
    await client?.close();
    await kafka?.stop();
  });

  /** Of everybody, this test too: once a resource has such a rule, what nothing allows is refused. */
  async function acl(effect: 'allow' | 'deny', operations: string[], ...resource: string[]): Promise<void> {
    const tool = version === '4' ? 'org.apache.kafka.tools.AclCommand' : 'kafka.admin.AclCommand';
    const { code, stderr } = await kafka.tool(tool, [
      ...['--bootstrap-server', kafka.bootstrapServers.join(','), '--add', `--${effect}-principal`, 'User:*'],
      ...operations.flatMap((operation) => ['--operation', operation]),
      ...resource,
    ]);
    expect(code, stderr).toBe(0);
  }

  const topics = [
    { name: 'orders', deletes: true },
    { name: 'not-yet', deletes: true },
  ];
  const missing = (fillHolesWith: ExactRestoreNeeds['fillHolesWith']) =>
    missingPermissions(client, { topics, fillHolesWith, restoreId: 'permitted' });

  test('nothing is missing where nothing is denied, and asking does not disturb a run of the same restore', async () => {
    const filler = await openFiller(client, 'transactions', 'permitted');
    expect(await missing('transactions')).toEqual([]);
    expect(await missing('markers')).toEqual([]);
    await filler.fill({ topic: 'orders', partition: 0 }, 0, 5);
    expect(await java.offsets('orders')).toEqual([{ start: 0, end: 5 }]);
  });

  test('transactions need Write and Describe on their ids', async () => {
    const ids = ['--transactional-id', 'msk-backup-permitted-', '--resource-pattern-type', 'prefixed'];
    const where = 'transactional ids that begin with msk-backup-permitted-';
    await acl('allow', ['Describe'], ...ids);
    expect(await missing('transactions')).toEqual([expect.stringMatching(`^Write on ${where} .*AlterTransactionalId`)]);
    await acl('deny', ['Describe'], ...ids);
    expect(await missing('transactions')).toEqual([
      expect.stringMatching(`^Write on ${where} .*AlterTransactionalId`),
      expect.stringMatching(`^Describe on ${where} .*DescribeTransactionalId`),
    ]);
    expect(await missing(undefined)).toEqual([]);
    await expect(openFiller(client, 'transactions', 'permitted')).rejects.toMatchObject({
      code: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      message: expect.stringContaining('msk-backup-permitted-'),
    });
  });

  test('topics need Write, AlterConfigs and Delete, those that are to be made too', async () => {
    await acl('allow', ['Describe'], '--topic', 'orders');
    await acl('allow', ['Describe', 'Create'], '--topic', 'not-yet');
    expect((await missing(undefined)).sort()).toEqual([
      expect.stringMatching(/^AlterConfigs on topic orders .*AlterTopicDynamicConfiguration/),
      expect.stringMatching(/^Delete on topic not-yet .*DeleteTopic/),
      expect.stringMatching(/^Delete on topic orders .*DeleteTopic/),
      expect.stringMatching(/^Write on topic orders .*WriteData/),
    ]);
    await acl('deny', ['Describe'], '--topic', 'orders');
    expect((await missing(undefined))[0]).toMatch(/^Describe on topic orders .*DescribeTopic/);
  });

  // Last: the broker is denied what it needs itself.
  test('markers need Alter on the cluster, and producing IdempotentWrite', async () => {
    await acl('deny', ['Write'], '--topic', '*');
    await acl('deny', ['Alter', 'ClusterAction', 'IdempotentWrite'], '--cluster');
    expect(await missing('markers')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^IdempotentWrite on the cluster .*WriteDataIdempotently/),
        expect.stringMatching(/^Alter on the cluster .*AlterCluster.*fill_holes_with: transactions/),
      ]),
    );
  });
});
