/**
 * Each example in TypeScript, deployed as they stand to the emulator; test/support/pulumi/deployment.ts says what
 * that shows. Images are only named: nothing here can build one.
 */

import { join } from 'node:path';
import type { PulumiFn } from '@pulumi/pulumi/automation/index.js';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Deployment } from '../support/pulumi/deployment.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { type ClusterPlace, makeMskCluster } from '../support/s3/network.ts';

const home = 'us-west-2';
const elsewhere = 'us-east-1';
const account = '000000000000';

let aws: AwsEmulator;
let cluster: ClusterPlace;
beforeAll(async () => {
  aws = await startMinistack({ regions: [home, elsewhere] });
  cluster = await makeMskCluster(aws, 'orders');
  await aws.createBucket('team-archive', { region: home });
});
afterAll(() => aws?.stop());

/** A program that is a module, evaluated anew for each command. */
function moduleAt(path: string): PulumiFn {
  return async () => {
    vi.resetModules();
    return { ...(await import(join(import.meta.dirname, '../..', path))) };
  };
}

async function deployed(
  path: string,
  config: Record<string, unknown>,
  options: Parameters<typeof Deployment.begin>[1] = {},
): Promise<Record<string, unknown>> {
  const stack = await Deployment.begin(aws, options);
  try {
    for (const [key, value] of Object.entries(config))
      await stack.configure(key, typeof value === 'string' ? value : JSON.stringify(value));
    const program = moduleAt(path);
    const planned = await stack.preview(program);
    const { outputs, counts } = await stack.up(program);
    expect(counts).toEqual({ create: planned.length });
    expect(await stack.preview(program)).toEqual([]);
    return outputs;
  } finally {
    await stack.end();
  }
}

/** What most of them are told. */
function given() {
  const { clusterArn, subnetIds, brokerSecurityGroupId } = cluster;
  return { clusterArn, subnetIds, brokerSecurityGroupId };
}

test('one team', async () => {
  const { bucket, replicaBucket } = await deployed('examples/one-team/one-team.ts', given());
  for (const [name, region] of [
    [bucket, home],
    [replicaBucket, elsewhere],
  ] as const)
    aws.placeBucket(name as string, region);
  expect(await aws.list(bucket as string)).toEqual(new Map());
  expect(await aws.list(replicaBucket as string)).toEqual(new Map());
});

test('a platform with a component per team', async () => {
  const alarmTopicArn = `arn:aws:sns:${home}:${account}:alarms`;
  const { buckets } = await deployed('examples/platform/platform.ts', { ...given(), alarmTopicArn });
  expect(Object.keys(buckets as object).sort()).toEqual(['billing', 'orders', 'reports']);
});

test('the Lambda flavour', async () => {
  const { functionName } = await deployed('examples/lambda/lambda.ts', given());
  expect(functionName).toMatch(/^orders-/);
});

test('a bucket and an ECS cluster that are there', async () => {
  const { bucketPolicyStatements } = await deployed('examples/adopt/adopt.ts', {
    clusterArn: cluster.clusterArn,
    subnetIds: cluster.subnetIds,
    securityGroupIds: [cluster.brokerSecurityGroupId],
    bucketName: 'team-archive',
    keyArn: `arn:aws:kms:${home}:${account}:key/0a1b2c3d-4e5f-6789-abcd-ef0123456789`,
    ecsClusterArn: `arn:aws:ecs:${home}:${account}:cluster/team`,
  });
  expect(bucketPolicyStatements).toContain('arn:aws:s3:::team-archive/kafka/orders');
});

test('a DR region, deployed while every call to the primary region fails', async () => {
  const program = 'examples/disaster-recovery/disaster-recovery.ts';
  const primary = await deployed(program, given(), { name: 'primary' });
  const { replicaBucketName, replicaKeyArn, replicaAlarmTopicArn, replicaImageUri } = primary;
  expect(replicaImageUri).toContain('@sha256:');
  const other = await makeMskCluster(aws, 'orders-dr', elsewhere);
  const recovery = {
    clusterArn: other.clusterArn,
    subnetIds: other.subnetIds,
    brokerSecurityGroupId: other.brokerSecurityGroupId,
    imageUri: replicaImageUri,
    replicaBucketName,
    replicaKeyArn,
    replicaAlarmTopicArn,
  };
  const there = { name: 'recovery', region: elsewhere, lostRegion: home };
  const { restoreCommand } = await deployed(program, recovery, there);
  expect(restoreCommand).toContain('aws ecs run-task');
});
