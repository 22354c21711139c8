/** Each example deployed as it stands, but for images, which nothing here can build: what they deploy to is the emulator. */

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Deployment } from '../support/pulumi/deployment.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { type ClusterPlace, makeMskCluster } from '../support/s3/network.ts';

let aws: AwsEmulator;
let cluster: ClusterPlace;
beforeAll(async () => {
  aws = await startMinistack({ regions: ['us-west-2', 'us-east-1'] });
  cluster = await makeMskCluster(aws, 'orders');
});
afterAll(() => aws?.stop());

test.each(['one-team', 'lambda'])('%s: preview, update, and nothing to do', async (example) => {
  const stack = await Deployment.begin(aws);
  try {
    await stack.configure('clusterArn', cluster.clusterArn);
    await stack.configure('subnetIds', JSON.stringify(cluster.subnetIds));
    await stack.configure('brokerSecurityGroupId', cluster.brokerSecurityGroupId);
    const program = async () => {
      vi.resetModules();
      return { ...(await import(join(import.meta.dirname, '../../examples', example, `${example}.ts`))) };
    };
    const planned = await stack.preview(program);
    const { outputs, counts } = await stack.up(program);
    expect(counts).toEqual({ create: planned.length });
    expect(outputs.bucket).toMatch(/^orders-bucket-/);
    expect(await stack.preview(program)).toEqual([]);
  } finally {
    await stack.end();
  }
});
