/** Commits under the same number as everybody who is started with the same arguments: DIRECTORY NAME, at the word on stdin. */
import { writeCommit } from '../../runtime/src/archive/commits.ts';
import { openStore } from '../../runtime/src/storage/open-store.ts';
import { snapshot } from './fixture-snapshot.ts';

const [path, name] = process.argv.slice(2) as [string, string];
const store = await openStore({ backend: 'filesystem', path, prefix: '' });
process.stdout.write('ready\n');
process.stdin.once('data', async () => {
  try {
    for (let sequence = 0; sequence < 20; sequence++) {
      await writeCommit(store, snapshot(sequence, 'archive', [], [], { backupId: name })).then(
        () => process.stdout.write(`won ${sequence}\n`),
        (error) => process.stdout.write(`${error.code} ${sequence}\n`),
      );
    }
  } finally {
    process.stdin.destroy();
  }
});
