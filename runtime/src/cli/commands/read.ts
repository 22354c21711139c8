import { type RecordQuery, readRecords } from '../../archive/find-records.ts';
import { readArchive } from '../../archive/format-file.ts';
import { resolveSnapshot } from '../../archive/resolve-snapshot.ts';
import { MskBackupError } from '../../errors.ts';
import { withStore } from '../archive-source.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { isNamed, type SnapshotOptions } from '../options.ts';
import { counted } from '../output.ts';
import { recordJson, recordLine } from '../record-text.ts';
import type { Run } from '../run.ts';

interface Options extends SnapshotOptions {
  topic: string;
  partition?: number;
  offset?: { from: number; until?: number };
  from?: number;
  to?: number;
  key?: string;
  limit?: number;
  includeExpired?: boolean;
  format: 'text' | 'json';
  bytes?: 'base64';
}

/** `read`: a line for each record as it is found, and in the end how many they were. */
export async function execute({ options, log, write }: Run<Options>): Promise<number> {
  const query = toQuery(options);
  const json = options.json || options.format === 'json';
  const line = json ? recordJson : recordLine;
  const form = { base64: options.bytes === 'base64' };
  return withStore(options, async (store) => {
    await readArchive(store);
    const snapshot = await resolveSnapshot(store, options.backupId, { allowPartial: isNamed(options.backupId) });
    let found = 0;
    for await (const records of readRecords(store, snapshot, query)) {
      found += records.length;
      if (!(await write(records.map((record) => `${line(record, form)}\n`).join('')))) break;
    }
    if (!json) log.info(`${counted(found, 'record')} of topic ${query.topic} in snapshot ${snapshot.backupId}`);
    return EXIT_CODES.ok;
  });
}

function toQuery({ topic, partition, offset, from, to, key, limit, includeExpired }: Options): RecordQuery {
  if (from !== undefined && to !== undefined && from > to) {
    throw new MskBackupError('usage', 'USAGE', '--from lies after --to; see msk-backup read --help');
  }
  return {
    topic,
    partition,
    offsets: offset,
    timeWindow: from === undefined && to === undefined ? undefined : { start: from, end: to },
    key: key === undefined ? undefined : Buffer.from(key),
    limit,
    includeExpired,
  };
}
