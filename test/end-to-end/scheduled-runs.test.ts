import { readFile } from 'node:fs/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DrillReport } from '../../runtime/src/drill/report.ts';
import { ACCOUNT, REGION, resolved, settled, startMocks } from '../components/support/mocks.ts';
import { Builder } from '../image/carry-out.ts';
import { metricSets } from '../metrics/embedded-metric-format.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';
import type { Finished } from '../support/process.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { alarmsOnRuns, metricsOnDashboards, type ScheduledRun, scheduledRuns } from './deployed.ts';
import { Fargate } from './fargate.ts';

const engine = startMocks();
const { MskBackup } = await import('../../components/msk-backup.ts');
const { DrDrill } = await import('../../components/dr-drill.ts');

const DR = 'us-east-1';
const GROUP = 'amazon.lambda.0a1b2c3d-4e5f-6789-abcd-ef0123456789';
const RECORDS = 60;

/** Teams with different rhythms: their alarms look at different metrics. */
const TEAMS = [
  { name: 'orders', prefix: '', topics: ['orders', 'order-events'], schedule: 'rate(1 hour)', drills: 'rate(7 days)' },
  { name: 'audit', prefix: 'msk/audit', topics: ['audit'], schedule: 'rate(7 days)', drills: 'rate(1 day)' },
];

let source: KafkaCluster;
let target: KafkaCluster;
let aws: AwsEmulator;
let fargate: Fargate;
/** What ran, with its output. */
const ran: (ScheduledRun & Finished)[] = [];
/** Buckets by team. */
const buckets = new Map<string, { archive: string; replica: string }>();

beforeAll(async () => {
  const building = new Builder(process.arch === 'arm64' ? 'arm64' : 'amd64').make('runtime');
  [source, target, aws] = await Promise.all([
    startKafka({ iam: { region: REGION, keys: [] } }),
    startKafka({ iam: { region: DR, keys: [] } }),
    startMinistack({ regions: [REGION, DR], authorize: true }),
  ]);
  await fill();
  await deploy();
  fargate = new Fargate(await building, aws, [source, target]);
}, 900_000);
afterAll(() => Promise.all([source?.stop(), target?.stop(), aws?.stop()]));

async function fill(): Promise<void> {
  const client = javaClient(source);
  for (const topic of TEAMS.flatMap(({ topics }) => topics)) {
    await client.createTopic(topic, { partitions: 2 });
    const producer = await client.producer({ 'compression.type': 'zstd' });
    await producer.send(
      topic,
      Array.from({ length: RECORDS }, (_, i) => ({ partition: i % 2, key: `k${i}`, value: `${topic} ${i}` })),
    );
    await producer.close();
    await client.commitOffsets(GROUP, [{ topic, partition: 1, offset: 7 }]);
  }
}

/** As a program in a region does: with the ARNs of what is there. The brokers lie behind other names here. */
async function deploy(): Promise<void> {
  const ca = { source: await caSecret(source, REGION), target: await caSecret(target, DR) };
  const network = { subnetIds: ['subnet-1'], brokerSecurityGroupId: 'sg-brokers' };
  const uuid = '0a1b2c3d-4e5f-6789-abcd-ef0123456789-5';
  const image = (region: string) => ({
    uri: `${ACCOUNT}.dkr.ecr.${region}.amazonaws.com/msk-backup@sha256:${'0123456789abcdef'.repeat(4)}`,
  });
  for (const { name, prefix, topics, schedule, drills } of TEAMS) {
    const backup = new MskBackup(name, {
      clusterArn: `arn:aws:kafka:${REGION}:${ACCOUNT}:cluster/shop/${uuid}`,
      bootstrapServers: source.iam.bootstrapServers.join(','),
      network,
      topics,
      schedule,
      archive: { prefix },
      consumerGroups: ['amazon.lambda.*'],
      sourceClusterId: 'msk-production',
      replica: { region: DR },
      authentication: { caSecretArn: ca.source, port: portOf(source) },
      image: image(REGION),
      alarms: { drillSchedule: drills },
    });
    new DrDrill(`${name}-drill`, {
      clusterArn: `arn:aws:kafka:${DR}:${ACCOUNT}:cluster/shop-dr/${uuid}`,
      bootstrapServers: target.iam.bootstrapServers.join(','),
      network,
      archive: { bucketName: backup.replicaBucketName!, prefix: backup.prefix, keyArn: backup.replicaKeyArn! },
      schedule: drills,
      authentication: { caSecretArn: ca.target, port: portOf(target) },
      image: image(DR),
      region: DR,
    });
    await settled();
    const made = { archive: await resolved(backup.bucketName), replica: await resolved(backup.replicaBucketName!) };
    await aws.createBucket(made.replica, { region: DR });
    await aws.createBucket(made.archive, { region: REGION, replicateTo: made.replica });
    buckets.set(name, made);
  }
}

const portOf = ({ iam }: KafkaCluster) => Number(iam.bootstrapServers[0]!.split(':')[1]);

async function caSecret({ iam }: KafkaCluster, region: string): Promise<string> {
  const secrets = new SecretsManagerClient({ endpoint: aws.endpoint, credentials: aws.credentials, region });
  const SecretString = await readFile(iam.caFile, 'utf8');
  const { ARN } = await secrets.send(new CreateSecretCommand({ Name: 'kafka/ca', SecretString }));
  secrets.destroy();
  return ARN!;
}

/** Every schedule with this command is due. */
async function due(command: string): Promise<(ScheduledRun & Finished)[]> {
  const runs = scheduledRuns(engine).filter((run) => run.command[0] === command);
  const done = await Promise.all(runs.map(async (run) => ({ ...run, ...(await fargate.run(run)) })));
  for (const { schedule, code, stderr } of done) expect(code, `${schedule}\n${stderr}`).toBe(0);
  // What one of our own configurations is told of is wrong in it.
  const warnings = done.flatMap(({ stderr }) =>
    stderr.split('\n').filter((line) => /"level":"(warn|error)"/.test(line)),
  );
  expect(warnings).toEqual([]);
  ran.push(...done);
  return done;
}

test('backups that are due copy every record, with no more than their roles may', async () => {
  const runs = await due('backup');
  expect(runs.map(({ schedule }) => schedule).sort()).toEqual(TEAMS.map(({ name }) => `${name}-schedule`).sort());
  for (const { name, topics } of TEAMS) {
    const { archive, replica } = buckets.get(name)!;
    const { stdout } = runs.find(({ schedule }) => schedule === `${name}-schedule`)!;
    expect(metricSets(stdout)).toMatchObject([{ values: { RecordsBackedUp: topics.length * RECORDS } }]);
    await aws.waitForReplication(archive, replica);
  }
  // Nobody but the roles of these tasks.
  const { accepted, refused } = await source.iam.verdicts();
  expect(refused).toEqual([]);
  for (const principal of accepted) expect(principal).toMatch(/:assumed-role\/(orders|audit)-task-/);
});

test('drills in the other region restore from the replicas, to the record', async () => {
  const runs = await due('drill');
  expect(runs.map(({ region }) => region)).toEqual(TEAMS.map(() => DR));
  for (const { name, topics } of TEAMS) {
    const { replica } = buckets.get(name)!;
    const reports = [...(await aws.list(replica)).keys()].filter((key) => /-drills\/.*\.json$/.test(key));
    expect(reports).toHaveLength(1);
    expect(await reportIn(replica, reports[0]!)).toMatchObject({
      succeeded: true,
      problems: [],
      offsets: 'exact',
      records: topics.length * RECORDS,
      verified: { records: topics.length * RECORDS, differences: [] },
      groups: { checked: 1, offsets: topics.length, differences: [] },
      leftOver: [],
    });
  }
});

async function reportIn(bucket: string, key: string): Promise<DrillReport> {
  const object = await aws.clientOf(bucket).send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return JSON.parse(await object.Body!.transformToString()) as DrillReport;
}

test('whatever is so rare that its absence cannot be alarmed on has its age told', async () => {
  const runs = await due('age');
  const values = runs.map(({ region, stdout }) => [region, Object.keys(metricSets(stdout)[0]!.values)]);
  expect(values).toContainEqual([REGION, expect.arrayContaining(['BackupAgeSeconds'])]);
  expect(values).toContainEqual([DR, expect.arrayContaining(['DrillAgeSeconds'])]);
});

test('no other schedule was deployed', () => {
  expect(ran.map(({ schedule }) => schedule).sort()).toEqual(
    scheduledRuns(engine)
      .map(({ schedule }) => schedule)
      .sort(),
  );
});

/** What CloudWatch makes of the logs of a region: the values of a metric. */
function pointsOf(
  metricName: string,
  region: string,
  dimensions: Record<string, string>,
  by: (run: ScheduledRun) => boolean = () => true,
): number[] {
  return ran
    .filter((run) => run.region === region && by(run))
    .flatMap(({ stdout }) => metricSets(stdout))
    .filter((set) => set.namespace === 'KafkaBackup' && isSame(set.dimensions, dimensions))
    .flatMap(({ values }) => (metricName in values ? [values[metricName]!] : []));
}

const isSame = (a: object, b: object) =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

test('each alarm finds its metric where it looks for it, and is quiet', () => {
  const alarms = alarmsOnRuns(engine);
  // Both ways in which an absence is found are among them.
  const watched = alarms.map(({ metricName }) => metricName);
  const known = ['BackupSucceeded', 'BackupAgeSeconds', 'BackupLagSeconds', 'DrillSucceeded', 'DrillAgeSeconds'];
  expect(watched).toEqual(expect.arrayContaining(known));
  for (const alarm of alarms) {
    const { name, region, metricName, dimensions, statistic, comparisonOperator, threshold } = alarm;
    // Where a missing point is an alarm, one has to come in time by itself.
    const inTime = ({ everySeconds }: ScheduledRun) => !alarm.missingIsBreaching || everySeconds <= alarm.seconds;
    const points = pointsOf(metricName, region, dimensions, inTime);
    expect(points, name).not.toEqual([]);
    const value = statistic === 'SampleCount' ? points.length : Math.max(...points);
    const breaching = comparisonOperator === 'LessThanThreshold' ? value < threshold : value > threshold;
    expect([name, value, breaching]).toEqual([name, value, false]);
  }
});

test('each of our graphs on a dashboard has points', () => {
  const shown = metricsOnDashboards(engine);
  expect(shown.length).toBeGreaterThan(10);
  const empty = shown.filter((it) => pointsOf(it.metricName, it.region, { Archive: it.archive }).length === 0);
  expect(empty).toEqual([]);
});
