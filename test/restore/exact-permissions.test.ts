import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RestoreJob } from '../../runtime/src/config/job.ts';
import { TestArchive } from '../support/archive/backup.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { beginningAtRecords, expectToRead, type View, viewOf } from './exact-judge.ts';
import { backUp, restore } from './harness.ts';

let kafka: KafkaCluster;
let client: JavaClient;
let archive: TestArchive;
/** With holes; the first one begins at 7, the other at 0. */
let [late, holey]: View[] = [];

beforeAll(async () => {
  kafka = await startKafka({
    config: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
    },
  });
  client = javaClient(kafka);
  archive = await TestArchive.create();
  const producer = await client.producer({ 'transactional.id': 'source' });
  for (const topic of ['late', 'holey']) {
    await client.createTopic(topic);
    for (let round = 0; round < 6; round++) {
      await producer.begin();
      await producer.send(topic, [{ value: `${round}` }, { value: `${round}` }]);
      await (round % 3 === 2 ? producer.abort() : producer.commit());
    }
  }
  await client.deleteRecords('late', { 0: 7 });
  await backUp(kafka, ['late', 'holey'], location());
  [late, holey] = [beginningAtRecords(await viewOf(client, 'late')), beginningAtRecords(await viewOf(client, 'holey'))];
}, 120_000);
afterAll(async () => {
  await archive?.remove();
  await kafka?.stop();
});

const location = () => ({ backend: 'filesystem' as const, path: archive.path, prefix: '' });

/** Of everybody, also of this test itself. */
async function acl(effect: 'allow' | 'deny', operation: string, ...resource: string[]): Promise<void> {
  const { code, stderr } = await kafka.tool('org.apache.kafka.tools.AclCommand', [
    ...['--bootstrap-server', kafka.bootstrapServers.join(',')],
    ...['--add', `--${effect}-principal`, 'User:*', '--operation', operation, ...resource],
  ]);
  expect(code, stderr).toBe(0);
}

const exact = (from: string, to: string, more: Partial<RestoreJob> = {}) =>
  restore(kafka, location(), {
    offsets: 'exact',
    topics: { include: [from], exclude: [] },
    topicMapping: { [from]: to },
    ...more,
  });
const exists = async (topic: string) => (await client.describeTopic(topic).catch(() => undefined)) !== undefined;
const lacking = (text: RegExp) => ({
  kind: 'configuration',
  code: 'EXACT_PERMISSIONS',
  message: expect.stringMatching(text),
});

test('transactions without Write on their ids', async () => {
  const ids = ['--transactional-id', 'msk-backup-', '--resource-pattern-type', 'prefixed'];
  await acl('allow', 'All', ...ids);
  await exact('holey', 'allowed');
  await expectToRead(kafka, 'allowed', holey!);
  await acl('deny', 'Write', ...ids);
  await expect(exact('holey', 'unfilled')).rejects.toMatchObject(
    lacking(/Write on transactional ids that begin with msk-backup-[0-9a-f]{16}- .*AlterTransactionalId.*translate/),
  );
  expect(await exists('unfilled')).toBe(false);
  await acl('deny', 'Describe', ...ids);
  await expect(exact('holey', 'unfilled')).rejects.toMatchObject(
    lacking(/Write on trans.*Describe on transactional ids that begin with msk-backup-/),
  );
  await exact('holey', 'by-markers', { fillHolesWith: 'markers' });
  await expectToRead(kafka, 'by-markers', holey!);
});

test('a log that begins later without Delete on its topic, whether or not it exists', async () => {
  const named = ['--topic', 'undeletable-', '--resource-pattern-type', 'prefixed'];
  await acl('allow', 'All', ...named);
  await acl('deny', 'Delete', ...named);
  const markers = { fillHolesWith: 'markers' as const };
  await expect(exact('late', 'undeletable-new', markers)).rejects.toMatchObject(
    lacking(/Delete on topic undeletable-new .*DeleteTopic/),
  );
  expect(await exists('undeletable-new')).toBe(false);
  await client.createTopic('undeletable-old');
  await expect(exact('late', 'undeletable-old', markers)).rejects.toMatchObject(
    lacking(/Delete on topic undeletable-old .*DeleteTopic/),
  );
  expect(await client.offsets('undeletable-old')).toEqual([{ start: 0, end: 0 }]);
  // Nothing has to be deleted.
  await exact('holey', 'undeletable-old', markers);
  await expectToRead(kafka, 'undeletable-old', holey!);
  await exact('late', 'deletable', markers);
  await expectToRead(kafka, 'deletable', late!);
});

test('topics without Write', async () => {
  await client.createTopic('unwritable');
  await acl('allow', 'All', '--topic', 'unwritable');
  await acl('deny', 'Write', '--topic', 'unwritable');
  await acl('deny', 'AlterConfigs', '--topic', 'unwritable');
  await expect(exact('holey', 'unwritable', { fillHolesWith: 'markers' })).rejects.toMatchObject(
    lacking(/Write on topic unwritable .*AlterConfigs on topic unwritable/),
  );
});

// Last: nobody may add permissions after this, nor does the broker get on with its controller for long.
test('markers without Alter on the cluster', async () => {
  await acl('allow', 'All', '--cluster');
  await acl('deny', 'Alter', '--operation', 'ClusterAction', '--cluster');
  await expect(exact('holey', 'unmarked', { fillHolesWith: 'markers' })).rejects.toMatchObject(
    lacking(/Alter on the cluster .*AlterCluster.*restore\.fill_holes_with: transactions does without/),
  );
  expect(await exists('unmarked')).toBe(false);
});
