/** One stage told as JSON lines every 50 ms, with a note; then a broken pipe must do no harm. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Secret } from '../../runtime/src/config/secret.ts';
import { jsonLog } from '../../runtime/src/observe/json-log.ts';
import { logProgress } from '../../runtime/src/observe/log-progress.ts';

const log = jsonLog({ run: 'run-1', level: 'info' });
const progress = logProgress(log, 50);
log.debug('not shown');
progress.stage('copy', { records: 10 });
progress.advance({ records: 4, bytes: 400 });
await sleep(120);
progress.note('warn', 'orders[3] has no leader', { topic: 'orders', partition: 3, password: new Secret('swordfish') });
progress.advance({ records: 6, bytes: 600 });
progress.end();
progress.end();
