import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Builder, ROOT } from '../image/carry-out.ts';
import { canCompile, canMount } from '../image/tools.ts';
import { BACKUP, REGION } from '../kafka/iam-client.ts';
import { cached } from '../support/cache.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';
import { run, runOk } from '../support/process.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';
import { LocalFunction } from './runtime-api.ts';

/** kafka-backup's page for AWS Lambda has this handler; `fixtures/backup-lambda.js.txt` is its code block, unchanged. */
const HANDLER = join(import.meta.dirname, 'fixtures/backup-lambda.js.txt');
const NODE_22 = '22.23.3';

const possible = canCompile() && canMount();
const it = test.skipIf(!possible);
let layer: string;
let client: string;
let kafka: KafkaCluster;
let aws: AwsEmulator;
let task: string;
beforeAll(async () => {
  if (!possible) return;
  const arch = process.arch === 'arm64' ? 'arm64' : 'x86_64';
  const make = async () => {
    await runOk(process.execPath, [join(ROOT, 'scripts/layer.mjs'), arch], { timeoutMs: 600_000 });
    return join(ROOT, 'dist/layer', arch);
  };
  const builder = new Builder(process.arch === 'arm64' ? 'arm64' : 'amd64');
  [layer, { root: client }, kafka, aws] = await Promise.all([
    make(),
    builder.make('lambda'),
    startKafka({ iam: { region: REGION, keys: [BACKUP] } }),
    startMinistack({ regions: [REGION] }),
  ]);
  const java = javaClient(kafka);
  for (const topic of ['orders', 'order-events']) {
    await java.createTopic(topic);
    const producer = await java.producer();
    await producer.send(topic, [{ partition: 0, value: `one of ${topic}` }]);
    await producer.close();
  }
  task = await mkdtemp(join(tmpdir(), 'msk-backup-layer-'));
  await writeFile(join(task, 'backup-lambda.js'), await readFile(HANDLER));
}, 900_000);
afterAll(async () => {
  await Promise.all([kafka?.stop(), aws?.stop()]);
  if (possible) await rm(task, { recursive: true, force: true });
});

/** From npm's registry, where the program of each version is. */
async function node22(): Promise<string> {
  const folder = await cached(`node-${NODE_22}`, async (directory) => {
    const name = `node-${process.platform}-${process.arch}@${NODE_22}`;
    await runOk('npm', ['pack', '--silent', '--pack-destination', directory, name], { cwd: directory });
    await runOk('sh', ['-c', 'tar xzf *.tgz package/bin/node && rm *.tgz'], { cwd: directory });
  });
  return join(folder, 'package/bin');
}

describe.each([
  ['22', node22],
  ['24', async () => join(process.execPath, '..')],
])('on the runtime Node.js %s', (version, binOf) => {
  it('the handler of the page runs unchanged: its event is backed up', async () => {
    const bin = await binOf();
    const bucket = `layer-${version}`;
    await aws.createBucket(bucket, { region: REGION });
    // Lambda mounts the layer at /opt: a mount that only this process sees.
    const inLambda = 'mount --bind "$0" /opt && exec "$@"';
    const local = await LocalFunction.start({
      command: [
        'unshare',
        '-rm',
        'sh',
        '-c',
        inLambda,
        layer,
        join(bin, 'node'),
        join(client, 'app/aws-lambda-ric/index.mjs'),
      ],
      handler: 'backup-lambda.handler',
      taskRoot: task,
      env: {
        PATH: `${bin}:/usr/bin:/bin`,
        NODE_PATH: '/opt/nodejs/node_modules',
        AWS_REGION: REGION,
        AWS_ENDPOINT_URL_S3: aws.endpoint,
        AWS_ACCESS_KEY_ID: BACKUP.accessKeyId,
        AWS_SECRET_ACCESS_KEY: BACKUP.secretAccessKey,
        NODE_EXTRA_CA_CERTS: kafka.iam.caFile,
        MSK_BOOTSTRAP_SERVERS: kafka.iam.bootstrapServers.join(','),
        BACKUP_BUCKET: bucket,
      },
    });
    try {
      const { result, error } = await local.invoke({ topics: ['orders', 'order-events'] });
      expect(error, local.log).toBeUndefined();
      const { statusCode, body } = result as { statusCode: number; body: string };
      const { backup_id } = JSON.parse(body) as { backup_id: string };
      expect([statusCode, backup_id]).toEqual([200, expect.stringMatching(/^msk-backup-\d+$/)]);
      const commit = [...(await aws.list(bucket, 'msk-backups/commits/')).keys()];
      expect(commit).toEqual(['msk-backups/commits/0000000000.json']);
      const topics = [...(await aws.list(bucket, 'msk-backups/packs/')).keys()].map((key) => key.split('/')[2]);
      expect(topics).toEqual(['order-events', 'orders']);
    } finally {
      await local.stop();
    }
  });
});

it('the zip is what the folder is, with the command as one that can be executed', async () => {
  const { stdout } = await run('python3', [
    '-c',
    `import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print(oct(z.getinfo('kafka-backup').external_attr >> 16), sum(i.file_size for i in z.infolist()) < 250 * 2**20)`,
    `${layer}.zip`,
  ]);
  expect(stdout).toBe('0o100755 True\n');
});
