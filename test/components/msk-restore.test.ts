import { afterEach, expect, test } from 'vitest';
import type { MskRestoreArgs } from '../../components/msk-restore.ts';
import { exactRestorePolicy, restorePolicy } from '../../components/policies/restore.ts';
import { parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';
import { ACCOUNT, failure, resolved, settled, startMocks } from './support/mocks.ts';

const engine = startMocks();
const { MskRestore } = await import('../../components/msk-restore.ts');
afterEach(async () => {
  await settled();
  engine.clear();
});

const DR = 'us-east-1';
const CLUSTER = `arn:aws:kafka:${DR}:${ACCOUNT}:cluster/orders-dr/0a1b2c3d-4e5f-6789-abcd-ef0123456789-5`;
const IMAGE = `${ACCOUNT}.dkr.ecr.${DR}.amazonaws.com/msk-backup@sha256:${'0123456789abcdef'.repeat(4)}`;
const PLACE = { bucketArn: 'arn:aws:s3:::orders-replica', prefix: 'msk/orders' };

const ARGS: MskRestoreArgs = {
  clusterArn: CLUSTER,
  topics: ['orders', 'order-*'],
  consumerGroups: ['amazon.lambda.*'],
  network: { subnetIds: ['subnet-1'] },
  archive: { bucketName: 'orders-replica', prefix: 'msk/orders' },
  image: { uri: IMAGE },
  region: DR,
};

const jobOf = (yaml: string, env = {}) =>
  parseConfiguration(yaml, { file: 'MSK_BACKUP_CONFIG', env, now: new Date(0), mode: 'restore' });

test('everything is in its own region, and nothing is asked of another', async () => {
  const restore = new MskRestore('dr', ARGS);
  await settled();
  expect(engine.names()).toEqual([
    'aws:cloudwatch/logGroup:LogGroup dr-log',
    'aws:ec2/securityGroup:SecurityGroup dr-task',
    'aws:ecs/cluster:Cluster dr',
    'aws:ecs/taskDefinition:TaskDefinition dr',
    'aws:iam/role:Role dr-execution',
    'aws:iam/role:Role dr-task',
    'aws:iam/rolePolicy:RolePolicy dr-execution',
    'aws:iam/rolePolicy:RolePolicy dr-task',
    'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule dr-to-aws',
    'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule dr-to-brokers',
  ]);
  const regional = engine.made.filter(({ custom, type }) => custom && !type.startsWith('aws:iam/'));
  expect(regional.filter(({ inputs }) => inputs.region !== DR)).toEqual([]);
  const elsewhere = engine.asked.filter(
    ({ token, inputs }) => !/getPartition|getCallerIdentity/.test(token) && inputs.region !== DR,
  );
  expect(elsewhere).toEqual([]);
  const [container] = JSON.parse(engine.one('aws:ecs/taskDefinition:TaskDefinition').inputs.containerDefinitions);
  expect(container).toMatchObject({ command: ['restore'], image: IMAGE });
  expect(JSON.stringify(engine.made.map(({ inputs }) => inputs))).not.toContain('us-west-2');
  const task = `arn:aws:ecs:${DR}:${ACCOUNT}:task-definition/project-stack-dr-restore:1`;
  expect(await resolved(restore.runCommand)).toBe(
    `aws ecs run-task --region ${DR} --launch-type FARGATE --cluster arn:aws:ecs:${DR}:${ACCOUNT}:cluster/dr-1a2b3c4 ` +
      `--task-definition ${task} --network-configuration '{"awsvpcConfiguration":{"subnets":["subnet-1"],` +
      `"securityGroups":["sg-dr-task-1a2b3c4"],"assignPublicIp":"DISABLED"}}'`,
  );
});

test('exact offsets, as the runtime reads them and the role allows them', async () => {
  const restore = new MskRestore('dr', { ...ARGS, fillHolesWith: 'markers' });
  const { job, remarks } = jobOf(await resolved(restore.configurationYaml));
  expect(remarks).toEqual([]);
  expect(job).toMatchObject({
    mode: 'restore',
    backupId: 'latest',
    target: { bootstrapServers: [1, 2, 3].map((n) => `b-${n}.orders.abc123.c2.kafka.${DR}.amazonaws.com:9098`) },
    topics: { include: ['orders', 'order-*'] },
    storage: { bucket: 'orders-replica', region: DR, prefix: 'msk/orders' },
    offsets: 'exact',
    fillHolesWith: 'markers',
    consumerGroups: ['amazon.lambda.*'],
  });
  expect(JSON.parse(await resolved(restore.taskPolicyJson))).toEqual(
    exactRestorePolicy({
      cluster: { clusterArn: CLUSTER, topics: ['orders', 'order-*'], groups: ['amazon.lambda.*'] },
      archive: PLACE,
      fillHolesWith: 'markers',
    }),
  );
});

test('new offsets, event source mappings, and a regular expression that the policy has a pattern for', async () => {
  const functionArns = [`arn:aws:lambda:${DR}:${ACCOUNT}:function:order-processor`];
  const restore = new MskRestore('dr', {
    ...ARGS,
    topics: ['~orders-[0-9]+'],
    policyTopics: ['orders-*'],
    offsets: 'translate',
    recreate: true,
    lambdaFunctionArns: functionArns,
    settingsYaml: 'restore:\n  lambda: {function: order-processor, strategy: resume}\n',
  });
  const { job } = jobOf(await resolved(restore.configurationYaml));
  expect(job).toMatchObject({ offsets: 'translate', topics: { include: ['~orders-[0-9]+'] } });
  expect(JSON.parse(await resolved(restore.taskPolicyJson))).toEqual(
    restorePolicy({
      cluster: { clusterArn: CLUSTER, topics: ['orders-*'], groups: ['amazon.lambda.*'], recreate: true },
      archive: PLACE,
      mappings: { functionArns },
    }),
  );
});

test('a cluster that is made later: its name is in the policy, its brokers come with the run', async () => {
  const { clusterArn: _, ...args } = ARGS;
  const restore = new MskRestore('dr', { ...args, clusterName: 'orders-dr' });
  const yaml = await resolved(restore.configurationYaml);
  const env = { MSK_BOOTSTRAP_SERVERS: 'b-1.x.example:9098,b-2.x.example:9098' };
  expect(jobOf(yaml, env).job).toMatchObject({
    target: { bootstrapServers: ['b-1.x.example:9098', 'b-2.x.example:9098'] },
  });
  expect(engine.asked.map(({ token }) => token)).not.toContain('aws:msk/getBootstrapBrokers:getBootstrapBrokers');
  expect(await resolved(restore.runCommand)).toContain(
    `--overrides '{"containerOverrides":[{"name":"msk-backup","environment":[{"name":"MSK_BOOTSTRAP_SERVERS","value":"BROKERS"}]}]}'`,
  );
  const anyOf = (document: object) => JSON.parse(JSON.stringify(document).replaceAll(/0a1b2c3d[0-9a-f-]+-5/g, '*'));
  expect(JSON.parse(await resolved(restore.taskPolicyJson))).toEqual(
    anyOf(
      exactRestorePolicy({
        cluster: { clusterArn: CLUSTER, topics: ['orders', 'order-*'], groups: ['amazon.lambda.*'] },
        archive: PLACE,
      }),
    ),
  );
});

const REFUSED: [string, Partial<MskRestoreArgs>, string][] = [
  [
    'a cluster of another region',
    { region: 'eu-west-1' },
    '- clusterArn: is in us-east-1, and the task would run in eu-west-1',
  ],
  [
    'an image that lies in the region that may be lost',
    { image: { uri: IMAGE.replace(DR, 'us-west-2') } },
    '- image.uri: is in us-west-2, and the task would run in us-east-1',
  ],
  [
    'secrets and their keys of that region',
    {
      authentication: {
        mechanism: 'SCRAM-SHA-512',
        usernameSecretArn: `arn:aws:secretsmanager:us-west-2:${ACCOUNT}:secret:kafka-AbCdEf:username::`,
        passwordSecretArn: `arn:aws:secretsmanager:${DR}:${ACCOUNT}:secret:kafka-AbCdEf:password::`,
        secretKeyArns: [`arn:aws:kms:${DR}:${ACCOUNT}:key/1`, `arn:aws:kms:us-west-2:${ACCOUNT}:key/2`],
      },
    },
    '- authentication.usernameSecretArn: is in us-west-2, and the task would run in us-east-1\n- authentication.secretKeyArns[1]: is in us-west-2',
  ],
  [
    'the archive of that region',
    {
      archive: {
        bucketName: 'orders-archive',
        region: 'us-west-2',
        keyArn: `arn:aws:kms:us-west-2:${ACCOUNT}:key/1`,
      },
    },
    '- archive.region: is in us-west-2, and the task would run in us-east-1\n- archive.keyArn: is in us-west-2',
  ],
  [
    'what a task runs on, of that region',
    {
      compute: {
        ecsClusterArn: `arn:aws:ecs:us-west-2:${ACCOUNT}:cluster/jobs`,
        logKeyArn: `arn:aws:kms:us-west-2:${ACCOUNT}:key/1`,
      },
    },
    '- compute.ecsClusterArn: is in us-west-2, and the task would run in us-east-1\n- compute.logKeyArn: is in us-west-2',
  ],
  [
    'brokers on another port than the security group lets out to',
    { bootstrapServers: 'b-1.example:9198' },
    '- bootstrapServers: has b-1.example:9198, and the security group that is made lets out to 9098',
  ],
  ['no cluster for the role', { clusterArn: undefined }, '- clusterArn: is missing, and so is clusterName'],
  ['two clusters', { clusterName: 'x' }, '- clusterName: is not used with clusterArn'],
  [
    'a name with a wildcard',
    { clusterArn: undefined, clusterName: '*' },
    '- clusterName: is not the name of an MSK cluster: *',
  ],
  [
    'a regular expression without a pattern',
    { topics: ['~a'] },
    '- topics[0]: is a regular expression, which IAM does not have (~a): give, in policyTopics',
  ],
  ['no topics', { topics: [] }, '- topics: names no topic: leave it out for all'],
  ['another kind of offsets', { offsets: 'same' }, '- offsets: is neither exact nor translate: same'],
  [
    'a filler without holes',
    { offsets: 'translate', fillHolesWith: 'markers' },
    '- fillHolesWith: is not used with offsets translate',
  ],
  [
    'a function by its name',
    { lambdaFunctionArns: ['order-processor'] },
    '- lambdaFunctionArns[0]: is not the ARN of a Lambda function',
  ],
  ['a region that is none', { region: 'east' }, '- region: is not the name of a region'],
  [
    'journals elsewhere',
    { settingsYaml: 'restore: {state: s3://b/p}' },
    '- settingsYaml: restore.state is set by archive',
  ],
  [
    'a setting that the runtime refuses',
    { settingsYaml: 'restore: {allow_non_empty: true}' },
    '- settingsYaml: restore.allow_non_empty',
  ],
];

test.each(REFUSED)('refused: %s', async (_, args, line) => {
  const { message } = await failure(() => new MskRestore('dr', { ...ARGS, ...args }));
  expect(message).toMatch(/^MskRestore "dr" cannot be made:\n/);
  expect(message).toContain(line);
  expect(engine.all('aws:ecs/taskDefinition:TaskDefinition')).toEqual([]);
});

test("without a region it is the provider's, and what lies in another one is refused before the task is made", async () => {
  const { message } = await failure(() => new MskRestore('dr', { ...ARGS, region: undefined }));
  expect(message).toContain(
    'MskRestore "dr" cannot be made:\n' +
      '- clusterArn: is in us-east-1, and the task would run in us-west-2\n' +
      '- image.uri: is in us-east-1, and the task would run in us-west-2',
  );
  expect(engine.all('aws:ecs/taskDefinition:TaskDefinition')).toEqual([]);
});
