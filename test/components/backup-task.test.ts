import * as pulumi from '@pulumi/pulumi';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { BackupTaskArgs } from '../../components/backup-task.ts';
import { backupPolicy } from '../../components/policies/backup.ts';
import { executionPolicy } from '../../components/policies/execution.ts';
import { executionTrustPolicy, taskTrustPolicy } from '../../components/policies/trust.ts';
import { familyOf } from '../../components/task/family.ts';
import { parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';
import { decide } from './support/evaluate.ts';
import { ACCOUNT, failure, REGION, resolved, settled, startMocks } from './support/mocks.ts';

const engine = startMocks();
const { BackupTask } = await import('../../components/backup-task.ts');
afterEach(async () => {
  await settled();
  engine.clear();
});

const CLUSTER = `arn:aws:kafka:${REGION}:${ACCOUNT}:cluster/orders/0a1b2c3d-4e5f-6789-abcd-ef0123456789-5`;
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const IMAGE = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/msk-backup@${DIGEST}`;
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11112222-3333-4444-5555-666677778888`;
const SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:AmazonMSK_backup-AbCdEf`;
const HOME = { partition: 'aws', region: REGION, account: ACCOUNT };

const ARGS: BackupTaskArgs = {
  clusterArn: CLUSTER,
  topics: ['orders', 'order-*'],
  network: { subnetIds: ['subnet-1', 'subnet-2'] },
  archive: { bucketName: 'orders-archive', prefix: 'msk/orders/', keyArn: KEY },
  image: { uri: IMAGE },
};

/** As the container would read it. */
function jobOf(yaml: string) {
  const env = { KAFKA_USERNAME: 'backup', KAFKA_PASSWORD: 'hunter2' };
  return parseConfiguration(yaml, { file: 'MSK_BACKUP_CONFIG', env, now: new Date(0), mode: 'backup' });
}

const container = () => JSON.parse(engine.one('aws:ecs/taskDefinition:TaskDefinition').inputs.containerDefinitions)[0];

test('what is made of a cluster, topics, subnets, an archive and an image', async () => {
  const task = new BackupTask('orders', { ...ARGS, tags: { team: 'a' } });
  await settled();
  expect(engine.names()).toEqual([
    'aws:cloudwatch/logGroup:LogGroup orders-log',
    'aws:ec2/securityGroup:SecurityGroup orders-task',
    'aws:ecs/cluster:Cluster orders',
    'aws:ecs/taskDefinition:TaskDefinition orders',
    'aws:iam/role:Role orders-execution',
    'aws:iam/role:Role orders-task',
    'aws:iam/rolePolicy:RolePolicy orders-execution',
    'aws:iam/rolePolicy:RolePolicy orders-task',
    'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule orders-to-aws',
    'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule orders-to-brokers',
  ]);
  const { containerDefinitions: _, ...definition } = engine.one('aws:ecs/taskDefinition:TaskDefinition').inputs;
  expect(definition).toEqual({
    family: 'project-stack-orders-backup',
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: '1024',
    memory: '2048',
    runtimePlatform: { operatingSystemFamily: 'LINUX', cpuArchitecture: 'ARM64' },
    taskRoleArn: `arn:aws:iam::${ACCOUNT}:role/orders-task-1a2b3c4`,
    executionRoleArn: `arn:aws:iam::${ACCOUNT}:role/orders-execution-1a2b3c4`,
    volumes: [{ name: 'tmp' }],
    region: REGION,
    tags: { team: 'a' },
  });
  expect(container()).toEqual({
    name: 'msk-backup',
    image: IMAGE,
    command: ['backup'],
    essential: true,
    environment: [{ name: 'MSK_BACKUP_CONFIG', value: await resolved(task.configurationYaml) }],
    secrets: [],
    user: '1000:1000',
    readonlyRootFilesystem: true,
    mountPoints: [{ sourceVolume: 'tmp', containerPath: '/tmp', readOnly: false }],
    stopTimeout: 120,
    linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': 'orders-log-1a2b3c4',
        'awslogs-region': REGION,
        'awslogs-stream-prefix': 'msk-backup',
        mode: 'non-blocking',
        'max-buffer-size': '25m',
      },
    },
  });
  expect(engine.one('aws:cloudwatch/logGroup:LogGroup').inputs).toMatchObject({ retentionInDays: 90 });
  const untagged = engine.made.filter(
    ({ custom, type, inputs }) => custom && !type.endsWith(':RolePolicy') && inputs.tags?.team !== 'a',
  );
  expect(untagged).toEqual([]);
  expect(await resolved(task.taskDefinitionArn)).toMatch(
    /^arn:aws:ecs:.*:task-definition\/project-stack-orders-backup:1$/,
  );
  expect(await resolved(task.securityGroupIds)).toEqual(['sg-orders-task-1a2b3c4']);
  expect(await resolved(task.subnetIds)).toEqual(['subnet-1', 'subnet-2']);
  expect(await resolved(task.containerName)).toBe('msk-backup');
});

test('the roles may do what this task does, and nobody but ECS of this account takes them', async () => {
  const task = new BackupTask('orders', { ...ARGS, excludedTopics: ['order-x'], consumerGroups: ['amazon.lambda.*'] });
  await settled();
  const document = (type: string, name: string, key: string) => JSON.parse(engine.one(type, name).inputs[key]);
  const role = 'aws:iam/role:Role';
  expect(document(role, 'orders-task', 'assumeRolePolicy')).toEqual(taskTrustPolicy(HOME));
  expect(document(role, 'orders-execution', 'assumeRolePolicy')).toEqual(executionTrustPolicy(HOME));
  const expected = backupPolicy({
    cluster: {
      clusterArn: CLUSTER,
      topics: ['orders', 'order-*'],
      excludedTopics: ['order-x'],
      groups: ['amazon.lambda.*'],
    },
    archive: { bucketArn: 'arn:aws:s3:::orders-archive', prefix: 'msk/orders', keyArn: KEY },
  });
  expect(document('aws:iam/rolePolicy:RolePolicy', 'orders-task', 'policy')).toEqual(expected);
  expect(JSON.parse(await resolved(task.taskPolicyJson))).toEqual(expected);
  expect(document('aws:iam/rolePolicy:RolePolicy', 'orders-execution', 'policy')).toEqual(
    executionPolicy({
      repositoryArn: `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/msk-backup`,
      logGroupArn: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:orders-log-1a2b3c4`,
    }),
  );
});

test('the configuration is what the runtime makes the job of', async () => {
  const task = new BackupTask('orders', {
    ...ARGS,
    excludedTopics: ['order-x'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a group may be called so
    consumerGroups: ['amazon.lambda.*', 'odd-${name}'],
    settingsYaml: 'backup:\n  pack_bytes: 32MiB\n  compression_level: 3\nmetrics:\n  topics: true\n',
  });
  const yaml = await resolved(task.configurationYaml);
  expect(Object.keys(parse(yaml))).toEqual(['mode', 'source', 'storage', 'backup', 'metrics']);
  const { job, remarks } = jobOf(yaml);
  expect(remarks).toEqual([]);
  expect(job).toMatchObject({
    mode: 'backup',
    source: {
      bootstrapServers: [1, 2, 3].map((n) => `b-${n}.orders.abc123.c2.kafka.${REGION}.amazonaws.com:9098`),
      security: { protocol: 'SASL_SSL', mechanism: 'AWS_MSK_IAM' },
    },
    topics: { include: ['orders', 'order-*'], exclude: ['order-x'] },
    storage: { backend: 's3', bucket: 'orders-archive', prefix: 'msk/orders', region: REGION },
    sourceClusterLabel: 'orders',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a group may be called so
    consumerGroups: ['amazon.lambda.*', 'odd-${name}'],
    packBytes: 32 * 2 ** 20,
    compressionLevel: 3,
    metrics: { cloudwatch: true, topics: true },
  });
});

test('SCRAM: secrets go to the container by their ARNs, and the role needs nothing of the cluster', async () => {
  const task = new BackupTask('orders', {
    ...ARGS,
    authentication: {
      mechanism: 'SCRAM-SHA-512',
      usernameSecretArn: `${SECRET}:username::`,
      passwordSecretArn: `${SECRET}:password::`,
      secretKeyArns: [KEY],
    },
  });
  await settled();
  expect(container().secrets).toEqual([
    { name: 'KAFKA_PASSWORD', valueFrom: `${SECRET}:password::` },
    { name: 'KAFKA_USERNAME', valueFrom: `${SECRET}:username::` },
  ]);
  expect(jobOf(await resolved(task.configurationYaml)).job).toMatchObject({
    source: { security: { protocol: 'SASL_SSL', mechanism: 'SCRAM-SHA-512', username: 'backup' } },
  });
  expect(await resolved(task.configurationYaml)).toContain(':9096');
  expect(await resolved(task.taskPolicyJson)).not.toContain('kafka-cluster:');
  expect(JSON.parse(engine.one('aws:iam/rolePolicy:RolePolicy', 'orders-execution').inputs.policy)).toEqual(
    executionPolicy({
      repositoryArn: `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/msk-backup`,
      logGroupArn: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:orders-log-1a2b3c4`,
      secretArns: [SECRET],
      secretKeyArns: [KEY],
    }),
  );
  expect(
    engine.one('aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule', 'orders-to-brokers').inputs,
  ).toMatchObject({ fromPort: 9096, toPort: 9096 });
});

test('TLS: certificates are read by the program, with its own role', async () => {
  const authentication = {
    mechanism: 'TLS',
    certificateSecretArn: `${SECRET}:cert::`,
    privateKeySecretArn: `${SECRET}:key::`,
  };
  const task = new BackupTask('orders', { ...ARGS, authentication });
  await settled();
  expect(jobOf(await resolved(task.configurationYaml)).job).toMatchObject({
    source: { security: { protocol: 'SSL', certificateFile: { arn: `${SECRET}:cert::` } } },
  });
  const [secrets] = JSON.parse(await resolved(task.taskPolicyJson)).Statement.slice(-1);
  expect(secrets).toMatchObject({ Action: ['secretsmanager:GetSecretValue'], Resource: [SECRET] });
});

test('a certificate in SSM: the role allows the one request with which the program reads it', async () => {
  const caSecretArn = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/kafka/ca`;
  const task = new BackupTask('orders', { ...ARGS, authentication: { mechanism: 'TLS', caSecretArn } });
  const identity = JSON.parse(await resolved(task.taskPolicyJson));
  expect(await decide({ action: 'ssm:GetParameter', resource: caSecretArn }, { identity })).toBe('Allowed');
  expect(await decide({ action: 'ssm:GetParameter', resource: `${caSecretArn}-2` }, { identity })).not.toBe('Allowed');
});

test('rules go into the group that is made, and into the named group of the brokers', async () => {
  new BackupTask('orders', { ...ARGS, network: { ...ARGS.network, brokerSecurityGroupId: 'sg-brokers' } });
  await settled();
  const to = engine.one('aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule', 'orders-to-brokers').inputs;
  expect(to).toMatchObject({ securityGroupId: 'sg-orders-task-1a2b3c4', referencedSecurityGroupId: 'sg-brokers' });
  expect(to.cidrIpv4).toBeUndefined();
  expect(engine.one('aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule').inputs).toMatchObject({
    securityGroupId: 'sg-brokers',
    referencedSecurityGroupId: 'sg-orders-task-1a2b3c4',
    ipProtocol: 'tcp',
    fromPort: 9098,
    toPort: 9098,
  });
});

test('families: what ECS takes, whatever projects and stacks are called, and one for each kind of task', () => {
  expect(familyOf('shop.core', 'eu.prod', 'orders', 'backup')).toBe('shop-core-eu-prod-orders-backup');
  const kinds = ['backup', 'restore'].map((kind) => familyOf('p'.repeat(200), 's'.repeat(100), 'orders', kind));
  expect(kinds.map((family) => family.length)).toEqual([255, 255]);
  expect(new Set(kinds).size).toBe(2);
});

test('adopted: cluster, role and groups stay as they are', async () => {
  const ecsClusterArn = `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/shared`;
  const taskRoleArn = `arn:aws:iam::${ACCOUNT}:role/backup`;
  const task = new BackupTask('orders', {
    ...ARGS,
    taskRoleArn,
    network: { ...ARGS.network, securityGroupIds: ['sg-1'] },
    compute: { cpu: 4096, architecture: 'x86_64', ephemeralStorageGiB: 40, ecsClusterArn, logRetentionDays: 7 },
  });
  await settled();
  expect(engine.names()).toEqual([
    'aws:cloudwatch/logGroup:LogGroup orders-log',
    'aws:ecs/taskDefinition:TaskDefinition orders',
    'aws:iam/role:Role orders-execution',
    'aws:iam/rolePolicy:RolePolicy orders-execution',
  ]);
  expect(engine.one('aws:ecs/taskDefinition:TaskDefinition').inputs).toMatchObject({
    cpu: '4096',
    memory: '8192',
    taskRoleArn,
    runtimePlatform: { cpuArchitecture: 'X86_64' },
    ephemeralStorage: { sizeInGib: 40 },
  });
  expect(await resolved(task.ecsClusterArn)).toBe(ecsClusterArn);
  expect(await resolved(task.securityGroupIds)).toEqual(['sg-1']);
});

test('endpoints: those asked for and not there; everything in the VPC may use them', async () => {
  const endpoints = {
    services: ['s3', 'ecr.api', 'logs'],
    routeTableIds: ['rtb-1'],
    existing: { logs: 'vpce-1' },
  };
  new BackupTask('orders', { ...ARGS, network: { ...ARGS.network, endpoints } });
  await settled();
  const type = 'aws:ec2/vpcEndpoint:VpcEndpoint';
  expect(engine.all(type).map(({ name }) => name)).toEqual(['orders-s3', 'orders-ecr.api']);
  expect(engine.one(type, 'orders-s3').inputs).toMatchObject({
    serviceName: `com.amazonaws.${REGION}.s3`,
    vpcEndpointType: 'Gateway',
    routeTableIds: ['rtb-1'],
  });
  expect(engine.one(type, 'orders-ecr.api').inputs).toMatchObject({
    vpcEndpointType: 'Interface',
    privateDnsEnabled: true,
    // Both subnets are in one zone.
    subnetIds: ['subnet-1'],
    securityGroupIds: ['sg-orders-endpoints-1a2b3c4'],
  });
  const group = engine.one('aws:ec2/securityGroup:SecurityGroup', 'orders-endpoints').inputs;
  expect(group.ingress).toMatchObject([{ fromPort: 443, toPort: 443, cidrBlocks: ['10.0.0.0/16'] }]);
});

const REFUSED: [string, Partial<BackupTaskArgs>, string[]][] = [
  [
    'an ARN of something else',
    { clusterArn: `arn:aws:s3:::bucket` },
    ['- clusterArn: is not the ARN of an MSK cluster'],
  ],
  ['no topics', { topics: [] }, ['- topics: names no topic']],
  ['a topic that cannot be', { topics: ['a', 'b c'] }, ['- topics[1]: can match no topic']],
  ['a regular expression', { topics: ['~o.*'] }, ['- topics[0]: is a regular expression, which IAM does not have']],
  ['no subnets', { network: { subnetIds: [] } }, ['- network.subnetIds: names no subnet']],
  [
    'too many groups',
    { network: { subnetIds: ['subnet-1'], securityGroupIds: ['1', '2', '3', '4', '5', '6'].map((n) => `sg-${n}`) } },
    ['- network.securityGroupIds: names 6 groups'],
  ],
  [
    'a broker group that nothing is done with',
    { network: { subnetIds: ['subnet-1'], securityGroupIds: ['sg-1'], brokerSecurityGroupId: 'sg-2' } },
    ['- network.brokerSecurityGroupId: does nothing with securityGroupIds'],
  ],
  [
    'ids of something else',
    { network: { subnetIds: ['sg-1'], vpcId: 'x' } },
    ['- network.subnetIds[0]: is not an id', '- network.vpcId'],
  ],
  [
    'endpoints',
    { network: { subnetIds: ['subnet-1'], endpoints: { services: ['s3', 'ec2'], existing: { logs: 'x' } } } },
    [
      '- network.endpoints.services[1]: names no service',
      '- network.endpoints.routeTableIds: names no',
      '- network.endpoints.existing.logs: is not',
    ],
  ],
  [
    'a bucket that cannot be',
    { archive: { bucketName: 's3://x', region: 'west' } },
    ['- archive.bucketName: is not', '- archive.region: is not'],
  ],
  [
    'a key by its alias',
    { archive: { bucketName: 'bucket', keyArn: 'alias/x' } },
    ['- archive.keyArn: is not the ARN of a KMS key'],
  ],
  [
    'a pair that Fargate lacks',
    { compute: { cpu: 256, memoryMiB: 4096 } },
    [
      '- compute.memoryMiB: Fargate has no task with cpu 256 and memoryMiB 4096: the nearest is cpu 512 with memoryMiB 4096',
    ],
  ],
  ['more than Fargate has', { compute: { cpu: 32768 } }, ['the most is cpu 16384 with memoryMiB 122880']],
  [
    'other sizes',
    {
      compute: {
        architecture: 'arm',
        ephemeralStorageGiB: 20,
        logRetentionDays: 8,
        ecsClusterArn: 'x',
        logKeyArn: 'x',
      },
    },
    [
      'compute.architecture',
      'compute.ephemeralStorageGiB',
      'compute.logRetentionDays',
      'compute.ecsClusterArn',
      'compute.logKeyArn',
    ],
  ],
  [
    'a tag instead of a digest',
    { image: { uri: 'repo/msk-backup:latest' } },
    ['- image.uri: is not pinned to a digest'],
  ],
  [
    'an unknown mechanism',
    { authentication: { mechanism: 'GSSAPI' } },
    ['- authentication.mechanism: is none that is known (GSSAPI)'],
  ],
  [
    'SCRAM without secrets',
    { authentication: { mechanism: 'SCRAM-SHA-512', certificateSecretArn: SECRET } },
    [
      'authentication.usernameSecretArn: is missing',
      'authentication.passwordSecretArn: is missing',
      'authentication.certificateSecretArn: is not used',
      'authentication.privateKeySecretArn: is missing',
    ],
  ],
  [
    'IAM with a password, and a port',
    { authentication: { passwordSecretArn: SECRET, secretKeyArns: ['x'], port: 0 } },
    [
      'authentication.passwordSecretArn: is not used with AWS_MSK_IAM',
      'authentication.secretKeyArns[0]',
      'authentication.port: is not',
    ],
  ],
  [
    'PLAIN without brokers',
    { authentication: { mechanism: 'PLAIN', usernameSecretArn: SECRET, passwordSecretArn: SECRET } },
    ['- bootstrapServers: is missing: MSK has no PLAIN'],
  ],
  [
    'brokers on a port that the made security group does not let out to',
    { bootstrapServers: 'b-1.example:9098, b-2.example:9198' },
    [
      '- bootstrapServers: has b-2.example:9198, and the security group that is made lets out to 9098: give authentication.port',
    ],
  ],
  ['brokers without a port', { bootstrapServers: 'b-1.example' }, ['- bootstrapServers: is not host:port']],
  ['settings that are no map', { settingsYaml: 'backup' }, ['- settingsYaml: must be a map of sections']],
  [
    'an unknown setting',
    { settingsYaml: 'backup: {compresion: zstd}' },
    ['- settingsYaml: backup.compresion: unknown key; did you mean backup.compression?'],
  ],
  [
    'a setting out of range',
    { settingsYaml: 'backup: {compression_level: 99}' },
    ['- settingsYaml: backup.compression_level: must be a whole number from 1 to 22'],
  ],
  [
    'settings that arguments make',
    { settingsYaml: 'source: {topics: {include: [x]}}' },
    ['- settingsYaml: source.topics is set by topics and excludedTopics'],
  ],
  [
    'a secret in the settings',
    { settingsYaml: 'storage: {secret_key: hunter2}' },
    ['- settingsYaml: storage.secret_key is a secret'],
  ],
  [
    'a variable that the container lacks',
    { settingsYaml: `backup: {start_offset: "$\{START}"}` },
    ['the environment variable START is not set'],
  ],
  ['no role', { taskRoleArn: 'backup' }, ['- taskRoleArn: is not the ARN of a role']],
  [
    'groups that IAM cannot name',
    { consumerGroups: ['grüße', '→'] },
    ['- consumerGroups[1]: has a character that policies cannot hold'],
  ],
  [
    'a policy that is too long',
    { topics: Array.from({ length: 200 }, (_, i) => `topic-number-${i}`) },
    ['- topics: is too long: inline role policy of'],
  ],
  [
    'a configuration that is too long',
    { topics: Array.from({ length: 4000 }, (_, i) => `topic-number-${i}`), policyTopics: ['topic-*'] },
    ['- topics: the configuration takes'],
  ],
];

test.each(REFUSED)('refused: %s', (_, args, lines) => {
  let message = '';
  try {
    new BackupTask('orders', { ...ARGS, ...args });
  } catch (error) {
    expect(pulumi.InputPropertiesError.isInstance(error)).toBe(true);
    message = (error as Error).message;
  }
  expect(message).toMatch(/^BackupTask "orders" cannot be made:\n/);
  for (const line of lines) expect(message).toContain(line);
  expect(message).not.toContain('hunter2');
});

test('all of it at once', () => {
  const args = {
    clusterArn: '',
    topics: [],
    network: { subnetIds: [] },
    archive: { bucketName: '' },
    image: { uri: '' },
  };
  expect(() => new BackupTask('orders', args)).toThrow(
    /clusterArn: .*\n- topics: .*\n- network.subnetIds: .*\n- archive.bucketName: .*\n- image.uri: /,
  );
});

test('arguments that resolve later are refused before a task definition or a policy has them', async () => {
  const error = await failure(() => {
    new BackupTask('orders', {
      ...ARGS,
      settingsYaml: pulumi.output('backup: {pack_bytes: 1}'),
      topics: [pulumi.output('')],
    });
  });
  expect(error.message).toContain('- topics[0]: is empty');
  expect(error.message).toContain('- settingsYaml: backup.pack_bytes: must be a number of bytes');
  expect(engine.all('aws:ecs/taskDefinition:TaskDefinition')).toEqual([]);
  expect(engine.all('aws:iam/rolePolicy:RolePolicy').map(({ name }) => name)).not.toContain('orders-task');
});

test('brokers on another port: with that port, or with security groups of their own', async () => {
  const bootstrapServers = 'b-1.example:9198';
  const rule = 'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule';
  await resolved(new BackupTask('a', { ...ARGS, bootstrapServers, authentication: { port: 9198 } }).taskDefinitionArn);
  await settled();
  expect(engine.one(rule, 'a-to-brokers').inputs).toMatchObject({ fromPort: 9198, toPort: 9198 });
  const network = { ...ARGS.network, securityGroupIds: ['sg-0a1b2c3d'] };
  const task = new BackupTask('b', { ...ARGS, bootstrapServers, network });
  expect(await resolved(task.configurationYaml)).toContain('b-1.example:9198');
});

test.each<[string, Partial<BackupTaskArgs>, string]>([
  ['a cluster', { clusterArn: CLUSTER.replace(REGION, 'eu-west-1') }, '- clusterArn: is in eu-west-1'],
  [
    'an ECS cluster',
    { compute: { ecsClusterArn: `arn:aws:ecs:eu-west-1:${ACCOUNT}:cluster/jobs` } },
    '- compute.ecsClusterArn: is in eu-west-1',
  ],
  [
    'a key of the log',
    { compute: { logKeyArn: KEY.replace(REGION, 'eu-west-1') } },
    '- compute.logKeyArn: is in eu-west-1',
  ],
])('%s of another region than the provider is refused before the task is made', async (_, args, line) => {
  const { message } = await failure(() => new BackupTask('orders', { ...ARGS, ...args }));
  expect(message).toContain(`BackupTask "orders" cannot be made:\n${line}, and the provider in ${REGION}`);
  expect(engine.all('aws:ecs/taskDefinition:TaskDefinition')).toEqual([]);
});

test('a secret value does not get into the task definition', async () => {
  const error = await failure(() => {
    new BackupTask('orders', { ...ARGS, settingsYaml: pulumi.secret('backup: {compression_level: 3}') });
  });
  expect(error.message).toContain('- settingsYaml: is a secret, and would be readable in the task definition');
  expect(engine.all('aws:ecs/taskDefinition:TaskDefinition')).toEqual([]);
});
