/**
 * The package as a plugin of other languages: its schema as Pulumi's command reads it, and a YAML program. Pulumi's host for Node
 * programs is not to be had here, so that a small executable of our own serves the components; `pulumi package add` is not tried.
 */

import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as components from '../../components/index.ts';
import { Deployment } from '../support/pulumi/deployment.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { makeMskCluster } from '../support/s3/network.ts';

const plugin = resolve(import.meta.dirname, '../support/pulumi/plugin/pulumi-resource-msk-backup');

let aws: AwsEmulator;
let stack: Deployment;
beforeAll(async () => {
  aws = await startMinistack({ regions: ['us-west-2', 'us-east-1'] });
  const { clusterArn, subnetIds } = await makeMskCluster(aws, 'orders');
  stack = await Deployment.begin(aws, {
    yaml: `name: orders
runtime: yaml
resources:
  orders:
    type: msk-backup:index:MskBackup
    properties:
      clusterArn: ${clusterArn}
      network:
        subnetIds: [${subnetIds.join(', ')}]
      topics: [orders]
      replica: {region: us-east-1}
      image: {uri: "000000000000.dkr.ecr.us-west-2.amazonaws.com/msk-backup@sha256:${'0'.repeat(64)}"}
outputs:
  bucket: \${orders.bucketName}
  yaml: \${orders.configurationYaml}
`,
  });
});
afterAll(async () => {
  await stack?.end();
  await aws?.stop();
});

test("the schema that Pulumi's command reads has every component", async () => {
  const schema = JSON.parse(await stack.pulumi(['package', 'get-schema', plugin]));
  expect(schema.name).toBe('msk-backup');
  const exported = Object.entries(components).filter(([, value]) => typeof value === 'function');
  expect(Object.keys(schema.resources).sort()).toEqual(exported.map(([name]) => `msk-backup:index:${name}`).sort());
  expect(schema.resources['msk-backup:index:MskBackup'].requiredInputs.sort()).toEqual([
    'clusterArn',
    'network',
    'topics',
  ]);
});

test('a YAML program deploys MskBackup, and then has nothing to do', async () => {
  const { outputs } = await stack.up();
  expect(outputs.bucket).toMatch(/^orders-bucket-/);
  expect(outputs.yaml).toContain('b-1.orders');
  expect(await stack.preview()).toEqual([]);
});
