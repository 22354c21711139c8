/** What a mock does not prove: that Docker builds the image and that ECR takes it. The Dockerfile's steps have tests of their own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { ACCOUNT, failure, resolved, settled, startMocks } from './support/mocks.ts';

const context = mkdtempSync(join(tmpdir(), 'image-'));
mkdirSync(join(context, 'runtime'));
writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY runtime /runtime\n');
writeFileSync(join(context, 'runtime', 'main.js'), 'one');
afterAll(() => rmSync(context, { recursive: true, force: true }));

// The built package's folder, which a test of the sources may not have.
vi.mock('../../components/image/context.ts', async (original) => ({
  ...(await original<typeof import('../../components/image/context.ts')>()),
  imageContext: () => context,
}));

const engine = startMocks();
const { RuntimeImage } = await import('../../components/runtime-image.ts');
const { imageTag } = await import('../../components/image/context.ts');
beforeEach(() => engine.clear());

const image = () => engine.one('docker-build:index:Image');
/** As the engine is given what must not be shown. */
const secret = (value: unknown) => ({ '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270', value });
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

test('One region: a repository whose tags stay, scanned on push, and an image for arm64', async () => {
  const made = new RuntimeImage('backup', { tags: { team: 'orders' } });
  await settled();
  expect(engine.names()).toEqual(['aws:ecr/repository:Repository backup', 'docker-build:index:Image backup']);
  expect(engine.one('aws:ecr/repository:Repository').inputs).toEqual({
    imageTagMutability: 'IMMUTABLE',
    imageScanningConfiguration: { scanOnPush: true },
    forceDelete: true,
    tags: { team: 'orders' },
  });
  const repository = `${ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com/backup-1a2b3c4`;
  expect(image().inputs).toMatchObject({
    context: { location: context },
    dockerfile: { location: `${context}/Dockerfile` },
    target: 'runtime',
    platforms: ['linux/arm64'],
    tags: [`${repository}:${imageTag(context, ['linux/arm64', 'runtime'])}`],
    registries: secret([{ address: repository, username: 'AWS', password: 'not-a-password' }]),
    push: true,
    buildOnPreview: false,
  });
  expect(await resolved(made.uri)).toBe(`${repository}@${digest}`);
  expect(await resolved(made.repositoryArn)).toBe(`arn:aws:ecr:us-west-2:${ACCOUNT}:repository/backup-1a2b3c4`);
  expect(made.replicaUri).toBeUndefined();
});

test('Two regions: one build, pushed to both, one digest', async () => {
  const made = new RuntimeImage('backup', {
    replicaRegion: 'us-east-1',
    repositoryName: 'platform/msk-backup',
    architecture: 'x86_64',
  });
  await settled();
  expect(engine.names()).toEqual([
    'aws:ecr/repository:Repository backup',
    'aws:ecr/repository:Repository backup-replica',
    'docker-build:index:Image backup',
  ]);
  expect(engine.one('aws:ecr/repository:Repository', 'backup-replica').inputs).toMatchObject({
    region: 'us-east-1',
    name: 'platform/msk-backup',
    imageTagMutability: 'IMMUTABLE',
    imageScanningConfiguration: { scanOnPush: true },
  });
  const tag = imageTag(context, ['linux/amd64', 'runtime']);
  const here = `${ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com/platform/msk-backup`;
  const there = `${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/platform/msk-backup`;
  expect(image().inputs).toMatchObject({
    platforms: ['linux/amd64'],
    tags: [`${here}:${tag}`, `${there}:${tag}`],
    registries: secret([{ address: here }, { address: there }]),
  });
  expect(
    engine.asked.flatMap(({ token, inputs }) => (token.endsWith(':getAuthorizationToken') ? [inputs.region] : [])),
  ).toEqual([undefined, 'us-east-1']);
  expect(await resolved(made.uri)).toBe(`${here}@${digest}`);
  expect(await resolved(made.replicaUri!)).toBe(`${there}@${digest}`);
});

test('For Lambda: the stage that has its client, one platform', async () => {
  new RuntimeImage('functions', { lambda: true });
  await settled();
  expect(image().inputs).toMatchObject({ target: 'lambda', platforms: ['linux/arm64'] });
});

test('Every argument that is wrong is told in one error', async () => {
  const error = await failure(
    () => new RuntimeImage('backup', { architecture: 'riscv', replicaRegion: 'Virginia', repositoryName: 'Orders' }),
  );
  expect(error.message).toBe(
    [
      'RuntimeImage "backup" cannot be made:',
      '- architecture: is neither arm64 nor x86_64: riscv',
      '- replicaRegion: is not the name of a region, such as eu-west-1: Virginia',
      '- repositoryName: is not a name that ECR takes (2 to 256 of a-z, 0-9, . _ - /, beginning and ending with a letter or digit): Orders',
    ].join('\n'),
  );
  await settled();
  expect(engine.names()).toEqual([]);
});

test("A replica in the provider's own region is refused, before an image is built", async () => {
  const error = await failure(() => new RuntimeImage('backup', { replicaRegion: 'us-west-2', repositoryName: 'a-b' }));
  expect(error.message).toContain('- replicaRegion: is the region of the provider (us-west-2)');
  expect(engine.all('docker-build:index:Image')).toEqual([]);
});

test('The tag follows from what is built, and from nothing else', () => {
  const first = imageTag(context, ['linux/arm64', 'runtime']);
  expect(first).toMatch(/^[0-9a-f]{20}$/);
  expect(imageTag(context, ['linux/arm64', 'runtime'])).toBe(first);
  expect(imageTag(context, ['linux/arm64', 'lambda'])).not.toBe(first);
  writeFileSync(join(context, 'runtime', 'main.js'), 'two');
  const changed = imageTag(context, ['linux/arm64', 'runtime']);
  expect(changed).not.toBe(first);
  writeFileSync(join(context, 'runtime', 'more.js'), '');
  expect(imageTag(context, ['linux/arm64', 'runtime'])).not.toBe(changed);
});
