/** Two stages with bars, and a note while the first runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { barProgress } from '../../runtime/src/observe/bar-progress.ts';

const progress = barProgress({ level: 'info' });
progress.note('info', 'before');
progress.stage('copy', { bytes: 4_000_000 });
for (let n = 0; n < 4; n++) {
  await sleep(250);
  progress.advance({ bytes: 1_000_000, records: 1_000 });
  if (n === 1) progress.note('warn', 'orders[3] has no leader');
}
progress.stage('commit');
progress.end();
progress.note('info', 'after');
