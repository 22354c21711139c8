import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../runtime/src/config/secret.ts';
import { type EntryKind, RestoreJournal } from '../../runtime/src/journal/journal.ts';
import type { ObjectStore } from '../../runtime/src/storage/object-store.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { type AwsEmulator, startMinistack } from '../support/s3/emulator.ts';

let aws: AwsEmulator;
let path: string;
const stores: ObjectStore[] = [];

beforeAll(async () => {
  aws = await startMinistack();
  await aws.createBucket('state');
  path = await mkdtemp(join(tmpdir(), 'msk-backup-journal-'));
}, 120_000);
afterAll(async () => {
  for (const store of stores) await store.close();
  await aws?.stop();
  if (path !== undefined) await rm(path, { recursive: true });
});

async function opened(store: Promise<ObjectStore>): Promise<ObjectStore> {
  stores.push(await store);
  return store;
}

const places: [string, () => Promise<ObjectStore>][] = [
  ['a directory', () => opened(openStore({ backend: 'filesystem', path, prefix: '' }))],
  [
    'S3',
    () =>
      opened(
        openStore({
          backend: 's3',
          bucket: 'state',
          prefix: 'restores',
          region: aws.region,
          endpoint: aws.endpoint,
          accessKeyId: aws.credentials.accessKeyId,
          secretAccessKey: new Secret(aws.credentials.secretAccessKey),
          pathStyle: true,
          maxConcurrentUploads: 2,
        }),
      ),
  ],
];

describe.each(places)('a journal in %s', (_, open) => {
  test('is read as it was written, in its order', async () => {
    const store = await open();
    const journal = await RestoreJournal.open(store, 'a1');
    // At once: they have their numbers in the order of the calls all the same.
    const kinds: EntryKind[] = ['plan', 'started', 'progress', 'progress', 'report'];
    await Promise.all(kinds.map((kind, n) => journal.append(kind, { n })));
    const again = await RestoreJournal.open(store, 'a1');
    expect(again.keys).toEqual(journal.keys);
    expect(again.keys.map(({ number, kind }) => [number, kind])).toEqual([...kinds.entries()]);
    expect((await again.all('progress')).map(({ body }) => body)).toEqual([{ n: 2 }, { n: 3 }]);
    expect((await again.last('progress'))?.body).toEqual({ n: 3 });
    expect(await again.last('progress', 3)).toBeUndefined();
    expect(await RestoreJournal.list(store)).toContain('a1');
  });

  test('lets one of two processes go on, whatever they write', async () => {
    const store = await open();
    for (let round = 0; round < 20; round++) {
      const id = `b${round.toString(16)}`;
      const first = await RestoreJournal.open(store, id);
      await first.append('plan', {});
      const rivals = [first, await RestoreJournal.open(await open(), id)];
      const kinds: EntryKind[] = ['progress', 'report'];
      const outcomes = await Promise.allSettled(rivals.map((journal, n) => journal.append(kinds[n]!, { n })));
      const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      expect(refused).toMatchObject([{ kind: 'configuration', code: 'RESTORE_RUNS_ALREADY' }]);
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
      const { keys } = await RestoreJournal.open(store, id);
      expect(keys.map(({ kind }) => kind)).toEqual(['plan', kinds[winner]!]);
      // The one that was refused does not get in between later either.
      await expect(rivals[1 - winner]!.append('report', {})).rejects.toMatchObject({ code: 'RESTORE_RUNS_ALREADY' });
      await rivals[winner]!.append('report', {});
    }
  }, 60_000);

  test('goes on behind a number that a process took before it was killed', async () => {
    const store = await open();
    const journal = await RestoreJournal.open(store, 'c1');
    await journal.append('plan', {});
    await store.put('c1/00000001.taken', Buffer.from('by one that was killed'));
    const again = await RestoreJournal.open(store, 'c1');
    await again.append('started', {});
    expect((await RestoreJournal.open(store, 'c1')).keys.map(({ number }) => number)).toEqual([0, 2]);
  });
});

test('where it cannot be written, it is said what is wanted there', async () => {
  const file = join(path, 'a-file');
  await writeFile(file, '');
  const journal = await RestoreJournal.open(
    await opened(openStore({ backend: 'filesystem', path: file, prefix: '' })),
    'c1',
  );
  await expect(journal.append('plan', {})).rejects.toMatchObject({
    kind: 'configuration',
    code: 'STORAGE_UNFIT',
    message: expect.stringMatching(/a-file.*not a directory.*restore\.state names another place$/),
  });
});
