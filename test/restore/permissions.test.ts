import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { RestoreReport } from '../../runtime/src/restore/report/report.ts';
import { runRestore } from '../../runtime/src/restore/run.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';
import { backUp, context, restoreJob } from './harness.ts';

let kafka: KafkaCluster;
let client: JavaClient;
beforeAll(async () => {
  kafka = await startKafka({
    config: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
    },
  });
  client = javaClient(kafka);
}, 120_000);
afterAll(() => kafka.stop());

async function acl(topic: string, operation: string, effect: 'allow' | 'deny'): Promise<void> {
  const { code, stderr } = await kafka.tool('org.apache.kafka.tools.AclCommand', [
    ...['--bootstrap-server', kafka.bootstrapServers.join(',')],
    ...['--add', `--${effect}-principal`, 'User:*', '--operation', operation, '--topic', topic],
  ]);
  expect(code, stderr).toBe(0);
}

/** Two topics of 100 records in an archive, and two empty ones that are compacted, to restore them into. */
async function prepared(name: string) {
  const [a, b] = [`${name}-a`, `${name}-b`];
  const producer = await client.producer({ 'batch.size': '1' });
  for (const topic of [a, b]) {
    await client.createTopic(topic);
    await producer.send(
      topic,
      Array.from({ length: 100 }, (_, n) => ({ key: `${n}`, value: `${n}` })),
    );
    await client.createTopic(`${topic}-own`, { config: { 'cleanup.policy': 'compact' } });
  }
  const directory = await mkdtemp(join(tmpdir(), 'msk-backup-report-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const reportFile = join(directory, 'report.json');
  const job = restoreJob(kafka, await backUp(kafka, [a, b]), {
    topicMapping: { [a]: `${a}-own`, [b]: `${b}-own` },
    reportFile,
  });
  const report = async (): Promise<RestoreReport> => JSON.parse(await readFile(reportFile, 'utf8'));
  return { job, report, a: `${a}-own`, b: `${b}-own` };
}

const policyOf = async (topic: string) => (await client.describeTopic(topic)).config['cleanup.policy'];

test('a topic that is refused its settings at the end does not keep the others from theirs', async () => {
  const { job, report, a, b } = await prepared('end');
  await acl(a, 'All', 'allow');
  let denied: Promise<void> | undefined;
  const { run, notes } = context(undefined, () => {
    denied ??= acl(a, 'AlterConfigs', 'deny');
  });
  const failure = {
    code: 'SETTINGS_NOT_GIVEN_BACK',
    message: expect.stringMatching(new RegExp(`all records are restored.*topic ${a} could not`)),
  };
  await expect(runRestore({ ...job, rateLimitRecordsPerSec: 30 }, run)).rejects.toMatchObject(failure);
  await denied;
  expect(await policyOf(a)).toBe('delete');
  expect(await policyOf(b)).toBe('compact');
  expect(notes.at(-1)).toMatch(new RegExp(`topic ${a}: its settings could not be given back .*cleanup.policy=compact`));
  const { topics, error, interrupted } = await report();
  expect({ interrupted, error }).toMatchObject({ interrupted: false, error: failure.message });
  expect(topics.map(({ retentionPaused }) => retentionPaused)).toEqual([
    expect.stringContaining('cleanup.policy=compact'),
    undefined,
  ]);
}, 60_000);

test('a topic whose settings may not be changed is not said to be paused', async () => {
  const { job, report, a, b } = await prepared('begin');
  await acl(b, 'All', 'allow');
  await acl(b, 'AlterConfigs', 'deny');
  const { run, notes } = context();
  await expect(runRestore(job, run)).rejects.toMatchObject({
    message: expect.stringMatching(`topic ${b}: .*grant AlterConfigs on the topic`),
  });
  expect(await policyOf(a)).toBe('delete');
  expect(await policyOf(b)).toBe('compact');
  const warnings = notes.filter((note) => note.includes('stay paused'));
  expect(warnings).toEqual([expect.stringContaining(`topic ${a}:`)]);
  expect((await report()).topics[1]!.retentionPaused).toBeUndefined();
}, 60_000);

test('a topic that may be made and not be seen says what to grant', async () => {
  const { job, a } = await prepared('hidden');
  await client.deleteTopic(a);
  await acl(a, 'All', 'allow');
  await acl(a, 'Describe', 'deny');
  await expect(runRestore(job, context().run)).rejects.toMatchObject({
    kind: 'configuration',
    code: 'TOPIC_AUTHORIZATION_FAILED',
    message: expect.stringMatching(
      `topic ${a} at the target: .*grant Describe on the topic .kafka-cluster:DescribeTopic. to`,
    ),
  });
}, 60_000);
