/** Takes the turn in the archive that the first argument names, says so, and never ends it. */

import { takeTurn } from '../../runtime/src/backup/turn.ts';
import { silent } from '../../runtime/src/observe/progress.ts';
import { FilesystemStore } from '../../runtime/src/storage/filesystem-store.ts';

const [path, heldMs] = process.argv.slice(2);
const timing = { heldMs: Number(heldMs), renewMs: Number(heldMs) / 3, lookMs: 50 };
const context = { progress: silent, signal: new AbortController().signal };
await takeTurn(new FilesystemStore(path!), { runId: 'child', whenRunning: 'stop', timing }, context);
console.log('taken');
setInterval(() => {}, 1000);
