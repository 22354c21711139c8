/**
 * Runs the stack of Pulumi.yaml and every example as Pulumi would, with mocks in place of its engine: that they end, and what
 * they make. That they deploy is shown by test/deploy.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { ACCOUNT, settled, startMocks } from './support/mocks.ts';

const root = join(import.meta.dirname, '..', '..');
const context = mkdtempSync(join(tmpdir(), 'image-'));
writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\n');
afterAll(() => rmSync(context, { recursive: true, force: true }));

// The built package's folder, which a test of the sources may not have.
vi.mock('../../components/image/context.ts', async (original) => ({
  ...(await original<typeof import('../../components/image/context.ts')>()),
  imageContext: () => context,
}));

const arn = (service: string, region: string, rest: string) => `arn:aws:${service}:${region}:${ACCOUNT}:${rest}`;
const clusterArn = arn('kafka', 'us-west-2', 'cluster/orders/0a1b2c3d-4e5f-6789-abcd-ef0123456789-5');
const CONFIG: Record<string, string> = {
  clusterArn,
  subnetIds: '["subnet-0a1b2c3d"]',
  brokerSecurityGroupId: 'sg-0a1b2c3d',
};

const project = (folder: string) => parse(readFileSync(join(folder, 'Pulumi.yaml'), 'utf8'));

/** @returns types and names of the package's own components */
async function run(program: string, config: Record<string, string>, stack = 'stack', region = 'us-west-2') {
  const engine = startMocks({
    stack,
    calls: ({ token }) =>
      token === 'aws:index/getRegion:getRegion' ? { region, name: region, id: region } : undefined,
  });
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(config).map(([key, value]) => [`project:${key}`, value])),
  );
  vi.resetModules();
  const outputs = await import(program);
  await settled();
  const own = engine.made.filter(({ type }) => type.startsWith('msk-backup:index:'));
  return { engine, outputs, own: own.map(({ type, name }) => `${type.split(':')[2]} ${name}`) };
}

describe('Pulumi.yaml', () => {
  const { main, runtime, config } = project(root);
  const defaults = Object.entries<{ default?: unknown }>(config).filter(([, value]) => value.default !== undefined);
  const set = Object.fromEntries(
    defaults.map(([key, { default: value }]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );

  test('Its main is a file that the build makes; a folder would silently run the main of package.json', () => {
    expect(runtime).toEqual({ name: 'nodejs', options: { typescript: false } });
    expect(main).toBe('dist/stack.js');
    const build = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8'));
    expect(build.files).toContain('stack.ts');
    expect(build.compilerOptions).toMatchObject({ rootDir: '.', outDir: 'dist' });
  });

  test('Configuration alone, as short as it may be, deploys MskBackup', async () => {
    const { own, engine, outputs } = await run('../../stack.ts', {
      ...set,
      clusterArn,
      subnetIds: CONFIG.subnetIds!,
      topics: '["orders"]',
    });
    expect(own).toContain('MskBackup backup');
    expect(engine.all('aws:s3/bucket:Bucket')).toHaveLength(1);
    expect(engine.one('aws:scheduler/schedule:Schedule', 'backup-schedule').inputs.scheduleExpression).toBe(
      'rate(1 hour)',
    );
    expect(Object.keys(outputs)).toContain('bucketName');
  });

  test('Every key is read by the program, and every key that it reads is there with a description', () => {
    const source = readFileSync(join(root, 'stack.ts'), 'utf8');
    const read = [...source.matchAll(/(?:text|list|config\.\w+(?:<[^>]+>)?)\('(\w+)'\)/g)].map(([, key]) => key);
    expect([...new Set(read)].sort()).toEqual(Object.keys(config).sort());
    for (const [key, { description }] of Object.entries<{ description?: string }>(config))
      expect(description, key).toBeTruthy();
  });

  test('Every key reaches what it is for', async () => {
    const { engine } = await run('../../stack.ts', {
      ...set,
      clusterArn,
      subnetIds: CONFIG.subnetIds!,
      topics: '["orders-*"]',
      excludedTopics: '["orders-debug"]',
      consumerGroups: '[]',
      sourceClusterId: 'production',
      bootstrapServers: 'b-1.example:9096',
      schedule: 'rate(2 hours)',
      replicaRegion: 'us-east-1',
      securityGroupIds: '["sg-0a1b2c3d"]',
      endpoints: '["s3"]',
      routeTableIds: '["rtb-0a1b2c3d"]',
      authentication: 'SCRAM-SHA-512',
      usernameSecretArn: arn('secretsmanager', 'us-west-2', 'secret:AmazonMSK_user-a1b2c3'),
      passwordSecretArn: arn('secretsmanager', 'us-west-2', 'secret:AmazonMSK_password-a1b2c3'),
      imageUri: `registry.example/msk-backup@sha256:${'0123456789abcdef'.repeat(4)}`,
      prefix: 'kafka',
      settingsYaml: 'backup: {compression: none}',
      deletionProtection: 'false',
      alarmTopicArn: arn('sns', 'us-west-2', 'alarms'),
    });
    const definition = engine.one('aws:ecs/taskDefinition:TaskDefinition');
    const [container] = JSON.parse(definition.inputs.containerDefinitions);
    const yaml = container.environment.find(({ name }: { name: string }) => name === 'MSK_BACKUP_CONFIG').value;
    expect(parse(yaml)).toMatchObject({
      source: { bootstrap_servers: ['b-1.example:9096'], topics: { include: ['orders-*'], exclude: ['orders-debug'] } },
      storage: { prefix: 'kafka' },
      backup: { compression: 'none', consumer_groups: [], source_cluster_id: 'production' },
    });
    expect(container.image).toContain('registry.example/msk-backup@sha256:');
    expect(engine.all('aws:ec2/vpcEndpoint:VpcEndpoint')).toHaveLength(1);
    expect(engine.all('aws:s3/bucket:Bucket')).toHaveLength(2);
    expect(engine.all('aws:ec2/securityGroup:SecurityGroup')).toEqual([]);
    expect(engine.all('docker-build:index:Image')).toEqual([]);
    expect(engine.one('aws:cloudwatch/metricAlarm:MetricAlarm', 'backup-lag').inputs.alarmActions).toEqual([
      arn('sns', 'us-west-2', 'alarms'),
    ]);
  });
});

interface Example {
  config?: Record<string, string>;
  stack?: string;
  /** Of the provider. Default us-west-2. */
  region?: string;
  /** Components of the package, by class and name. */
  makes: string[];
}

const EXAMPLES: Record<string, Example[]> = {
  'one-team': [{ makes: ['MskBackup orders', 'BackupAlarms orders'] }],
  platform: [
    {
      config: { alarmTopicArn: arn('sns', 'us-west-2', 'platform-alarms') },
      makes: ['RuntimeImage msk-backup', 'MskBackup orders', 'MskBackup billing', 'MskBackup reports'],
    },
  ],
  'disaster-recovery': [
    { stack: 'primary', makes: ['RuntimeImage msk-backup', 'MskBackup orders'] },
    {
      stack: 'recovery',
      config: {
        clusterArn: arn('kafka', 'us-east-1', 'cluster/orders-dr/0a1b2c3d-4e5f-6789-abcd-ef0123456789-5'),
        imageUri: `${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/msk-backup@sha256:${'0123456789abcdef'.repeat(4)}`,
        replicaBucketName: 'orders-replica',
        replicaKeyArn: arn('kms', 'us-east-1', 'key/0a1b2c3d-4e5f-6789-abcd-ef0123456789'),
        replicaAlarmTopicArn: arn('sns', 'us-east-1', 'orders-replica-topic'),
      },
      region: 'us-east-1',
      makes: ['MskRestore orders', 'DrDrill orders-drill'],
    },
  ],
  lambda: [{ makes: ['BackupArchive orders', 'RuntimeImage msk-backup-lambda', 'LambdaBackup orders'] }],
  adopt: [
    {
      config: {
        bucketName: 'company-backups',
        keyArn: arn('kms', 'us-west-2', 'key/0a1b2c3d-4e5f-6789-abcd-ef0123456789'),
        ecsClusterArn: arn('ecs', 'us-west-2', 'cluster/batch'),
        securityGroupIds: '["sg-0a1b2c3d"]',
      },
      makes: ['MskBackup orders'],
    },
  ],
};

describe('examples/', () => {
  const folders = readdirSync(join(root, 'examples')).filter((name) => name !== 'yaml');

  test('Each is tried', () => {
    expect(folders.sort()).toEqual(Object.keys(EXAMPLES).sort());
  });

  for (const [name, tries] of Object.entries(EXAMPLES)) {
    for (const { config, stack, region, makes } of tries) {
      test(stack === undefined ? name : `${name}, ${stack}`, async () => {
        const folder = join(root, 'examples', name);
        const { main, runtime, description } = project(folder);
        expect({ runtime, main }).toEqual({ runtime: 'nodejs', main: `${name}.ts` });
        expect(description).toBeTruthy();
        const { own } = await run(`../../examples/${name}/${name}.ts`, { ...CONFIG, ...config }, stack, region);
        for (const component of makes) expect(own).toContain(component);
      });
    }
  }

  test('yaml names arguments that MskBackup has, and all that it needs', () => {
    const schema = JSON.parse(readFileSync(join(root, 'schema.json'), 'utf8'));
    const { type, properties } = project(join(root, 'examples', 'yaml')).resources.orders;
    const { inputProperties, requiredInputs, properties: outputs } = schema.resources[type];
    expect(Object.keys(inputProperties)).toEqual(expect.arrayContaining(Object.keys(properties)));
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(requiredInputs));
    for (const value of Object.values<string>(project(join(root, 'examples', 'yaml')).outputs))
      expect(Object.keys(outputs)).toContain(/^\$\{orders\.(\w+)\}$/.exec(value)?.[1]);
  });
});
