import { readFileSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import type { DlqReplayArgs } from '../../components/dlq-replay.ts';
import { lettersBeside } from '../../components/policies/archive-place.ts';
import { replayPolicy } from '../../components/policies/dead-letter-replay.ts';
import { parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';
import { lettersLocation } from '../../runtime/src/dlq/letters-location.ts';
import { backupConfiguration } from '../../runtime/src/lambda/backup-configuration.ts';
import { type Asked, decide } from './support/evaluate.ts';
import { ACCOUNT, resolved, settled, startMocks } from './support/mocks.ts';
import { CLUSTER, KEY, kafkaRequest, s3Request } from './support/requests.ts';

const engine = startMocks();
const { DlqReplay } = await import('../../components/dlq-replay.ts');
beforeEach(() => engine.clear());

const QUEUE = `arn:aws:sqs:us-west-2:${ACCOUNT}:orders-dlq`;
const ARGS = {
  queueArn: QUEUE,
  clusterArn: CLUSTER,
  topics: ['orders'],
  archive: { bucketName: 'kafka-backups', prefix: 'orders', keyArn: KEY },
  network: { subnetIds: ['subnet-1'] },
  code: { layerArn: `arn:aws:lambda:us-west-2:${ACCOUNT}:layer:msk-backup:3` },
} satisfies DlqReplayArgs;
const PLACE = { bucketArn: 'arn:aws:s3:::kafka-backups', prefix: 'orders', keyArn: KEY };

test('what it makes: a function that is called on demand', async () => {
  const made = new DlqReplay('replay', { ...ARGS, queueKeyArn: KEY });
  await settled();
  expect(engine.names()).toEqual([
    'aws:cloudwatch/logGroup:LogGroup replay-log',
    'aws:cloudwatch/metricAlarm:MetricAlarm replay-dead-letters',
    'aws:cloudwatch/metricAlarm:MetricAlarm replay-errors',
    'aws:ec2/securityGroup:SecurityGroup replay-task',
    'aws:iam/role:Role replay-function',
    'aws:iam/rolePolicy:RolePolicy replay-function',
    'aws:lambda/function:Function replay-function',
    'aws:sqs/queue:Queue replay-dead-letters',
    'aws:sqs/queuePolicy:QueuePolicy replay-dead-letters-policy',
    'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule replay-to-aws',
    'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule replay-to-brokers',
  ]);
  const { inputs } = engine.one('aws:lambda/function:Function');
  expect(inputs).toMatchObject({ timeout: 840, memorySize: 1024, vpcConfig: { subnetIds: ['subnet-1'] } });
  expect(inputs.environment.variables).toMatchObject({
    DLQ_QUEUE_URL: `https://sqs.us-west-2.amazonaws.com/${ACCOUNT}/orders-dlq`,
  });
  const files = (await inputs.code.assets) as Record<string, { text: Promise<string> }>;
  expect(await files['index.mjs']!.text).toContain('/dist/lambda/dlq-replay.js');
  const policy = JSON.parse(engine.one('aws:iam/rolePolicy:RolePolicy').inputs.policy);
  const own = replayPolicy({
    clusterArn: CLUSTER,
    topics: ['orders'],
    archive: PLACE,
    queueArn: QUEUE,
    queueKeyArn: KEY,
  });
  expect(policy.Statement.slice(0, own.Statement.length)).toEqual(own.Statement);
  expect(await resolved(made.runCommand)).toContain('--region us-west-2 --function-name replay-function-1a2b3c4');
});

test('each message as it comes: a mapping that keeps what was not replayed', async () => {
  new DlqReplay('replay', { ...ARGS, replayEach: true });
  await settled();
  expect(engine.one('aws:lambda/eventSourceMapping:EventSourceMapping').inputs).toEqual({
    eventSourceArn: QUEUE,
    functionName: engine.one('aws:lambda/function:Function').outputs.arn,
    functionResponseTypes: ['ReportBatchItemFailures'],
  });
});

test('the handler finds brokers and archive in its configuration', async () => {
  new DlqReplay('replay', { ...ARGS, archive: { ...ARGS.archive, region: 'eu-west-1' } });
  await settled();
  const { variables } = engine.one('aws:lambda/function:Function').inputs.environment;
  const { text, file } = await backupConfiguration(variables, undefined);
  const { job } = parseConfiguration(text, { file, env: {}, now: new Date(0), mode: 'backup' });
  expect(job).toMatchObject({
    source: { bootstrapServers: [1, 2, 3].map((n) => expect.stringContaining(`b-${n}.orders`)) },
    storage: { bucket: 'kafka-backups', prefix: 'orders', region: 'eu-west-1' },
  });
});

test('the handler reads the variable that names the queue', async () => {
  new DlqReplay('replay', ARGS);
  await settled();
  const { variables } = engine.one('aws:lambda/function:Function').inputs.environment;
  const handler = readFileSync(new URL('../../runtime/src/lambda/dlq-replay.ts', import.meta.url), 'utf8');
  const named = [...handler.matchAll(/process\.env\.([A-Z_]+)/g)].map(([, name]) => name);
  expect(named).not.toEqual([]);
  for (const name of named) expect(Object.keys(variables)).toContain(name);
});

test('its role: every call of a replay, and nothing else', async () => {
  const identity = replayPolicy({ clusterArn: CLUSTER, topics: ['orders'], archive: PLACE, queueArn: QUEUE });
  const sqs = (name: string, resource = QUEUE): Asked => ({ action: `sqs:${name}`, resource });
  const kafka = ['Metadata', 'ListOffsets', 'Fetch', 'Produce', 'InitProducerId'].flatMap((name) => kafkaRequest(name));
  const allowed = [
    ...kafka,
    ...['ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility', 'GetQueueAttributes'].map((name) => sqs(name)),
    s3Request('GetObject', 'orders/FORMAT'),
    s3Request('ListObjectsV2', 'orders/commits/'),
    s3Request('PutObject', 'orders-dead-letters/replayed/1.json'),
    s3Request('HeadObject', 'orders-dead-letters/replayed/1.json'),
  ];
  for (const asked of allowed) expect([asked, await decide(asked, { identity })]).toEqual([asked, 'Allowed']);
  const refused = [
    ...kafkaRequest('Produce', { topic: 'payments' }).slice(0, 1),
    ...['CreateTopics', 'DeleteTopics', 'OffsetCommit'].flatMap((name) => kafkaRequest(name).slice(0, 1)),
    sqs('ReceiveMessage', `${QUEUE}-2`),
    sqs('SendMessage'),
    sqs('PurgeQueue'),
    s3Request('PutObject', 'orders/packs/orders/1'),
    s3Request('PutObject', 'other-dead-letters/1'),
  ];
  for (const asked of refused) expect([asked, await decide(asked, { identity })]).not.toEqual([asked, 'Allowed']);
});

test('notes are where the runtime keeps them', () => {
  for (const prefix of ['', 'orders', 'msk/orders']) {
    const there = lettersLocation({ backend: 's3', bucket: 'kafka-backups', prefix } as Parameters<
      typeof lettersLocation
    >[0]);
    expect(lettersBeside({ bucketArn: 'arn:aws:s3:::kafka-backups', prefix }).prefix).toBe(
      (there as { prefix: string }).prefix,
    );
  }
});

const BAD: [string, unknown, RegExp][] = [
  ['queueArn', undefined, /is missing/],
  ['queueArn', 'https://sqs.us-west-2.amazonaws.com/1/q', /not the ARN of a standard SQS queue/],
  ['queueKeyArn', 'alias/queue', /not the ARN of a KMS key/],
  ['clusterArn', 'orders', /not the ARN of an MSK cluster/],
  ['topics', [], /names no topic/],
  ['bootstrapServers', 'broker', /is not host:port/],
  ['archive', undefined, /\.bucketName: is missing/],
  ['network', { subnetIds: [] }, /\.subnetIds: names no subnet/],
  ['network', { subnetIds: ['subnet-1'], assignPublicIp: true }, /\.assignPublicIp: cannot be/],
  ['code', {}, /needs imageUri or layerArn/],
  ['timeoutSeconds', 10, /60 to 900/],
  ['memoryMiB', 100_000, /256 to 10240/],
  ['logRetentionDays', 100, /is none of those that CloudWatch has \(100\): 0, 1, /],
  ['topics', Array.from({ length: 150 }, (_, i) => `topic-${i}`), /is too long: inline role policy of \d+ characters/],
  ['alarmTopicArn', 'x', /an SNS topic/],
];

test.each(BAD)('refuses %s %j', (key, value, reason) => {
  const args = { ...ARGS, [key]: value } as unknown as DlqReplayArgs;
  const problem = new RegExp(`^DlqReplay "replay" cannot be made:\n- ${key}.*${reason.source}`);
  expect(() => new DlqReplay('replay', args)).toThrow(problem);
});
