import { crc32c } from '../batch/crc32c.ts';
import { MskBackupError } from '../errors.ts';
import { ByteBudget } from '../flow/byte-budget.ts';
import { type Progress, silent } from '../observe/progress.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { checkFrame } from './check-frame.ts';
import { reportOverlaps, reportUnused, wrongSize } from './check-names.ts';
import { checkTrailer } from './check-trailer.ts';
import type { Finding } from './finding.ts';
import { FORMAT_KEY, readArchive } from './format-file.ts';
import { type NeededPack, takeInventory } from './inventory.ts';
import type { Snapshot } from './snapshot.ts';

export interface VerifyOptions {
  /**
   * - `names`: commits and index objects are what they were, every object is there and has its size; reads no pack
   * - `part`: also the data of every n-th pack
   * - `full`: all data
   */
  depth: 'names' | 'part' | 'full';
  /** With depth `part`: the k-th of n parts, k from 1. Each pack is in exactly one, however the archive grows. */
  part?: { k: number; n: number };
  /** Only what this one names. Default: what any commit names. */
  snapshot?: Snapshot;
  /** Bytes of data in memory at a time. Default 64 MiB. */
  bufferBytes?: number;
  progress?: Progress;
  /** Stops between two reads; the report then says `interrupted`. */
  signal?: AbortSignal;
}

export interface VerifyReport {
  /** The errors first. */
  findings: Finding[];
  checked: {
    commits: number;
    indexes: number;
    /** That are there with their size. */
    packs: number;
    /** Whose data was read. */
    frames: number;
    /** Stored bytes of those frames. */
    bytes: number;
  };
  interrupted: boolean;
}

const READS_AT_ONCE = 8;
const SEVERITIES = ['error', 'warning', 'info'];

/**
 * Checks an archive and says everything that is wrong, not just the first.
 * @throws MskBackupError when there is no archive, or the storage cannot be reached
 */
export async function verifyArchive(store: ObjectStore, options: VerifyOptions): Promise<VerifyReport> {
  const { k, n } = checkPart(options);
  const { depth, snapshot, signal, progress = silent, bufferBytes = 64 * 1024 * 1024 } = options;
  const findings: Finding[] = [];
  const report = (finding: Finding) => findings.push(finding);
  const checked = { commits: 0, indexes: 0, packs: 0, frames: 0, bytes: 0 };

  progress.stage('names and sizes');
  const archiveId = await checkFormat(store, report);
  const inventory = await takeInventory(store, archiveId, snapshot, report);
  if (snapshot === undefined && findings.length === 0) reportUnused(inventory, report);
  checked.commits = inventory.snapshots.length;
  checked.indexes = inventory.tables.size;
  for (const pack of inventory.packs) {
    if (pack.foundSize === pack.expectedSize) checked.packs++;
    else report(wrongSize(store, pack));
  }
  for (const one of depth === 'full' ? inventory.snapshots : inventory.snapshots.slice(0, 1)) {
    reportOverlaps(inventory, one, findings);
  }

  if (depth !== 'names') {
    const packs = inventory.packs.filter(
      ({ key, foundSize }) => foundSize !== undefined && crc32c(Buffer.from(key, 'utf8')) % n === k - 1,
    );
    const total = packs.reduce(
      (sum, { rows }) => rows.reduce((all, { table, row }) => all + table.storedLength(row), sum),
      0,
    );
    progress.stage('data', { bytes: total });
    const budget = new ByteBudget(bufferBytes);
    await runJobs(dataJobs(store, archiveId, packs, budget, report, progress, checked), signal);
  }
  findings.sort(inOrder);
  return { findings, checked, interrupted: signal?.aborted === true };
}

/** By severity, object, place: the same archive always gives the same report. */
function inOrder(a: Finding, b: Finding): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    (a.object === b.object ? 0 : a.object < b.object ? -1 : 1) ||
    (a.partition ?? -1) - (b.partition ?? -1) ||
    (a.from ?? -1) - (b.from ?? -1)
  );
}

/** @returns the archive's id, undefined when FORMAT cannot say */
async function checkFormat(store: ObjectStore, report: (finding: Finding) => void): Promise<string | undefined> {
  try {
    return (await readArchive(store)).id;
  } catch (error) {
    if (!(error instanceof MskBackupError) || error.kind !== 'data') throw error;
    report({ severity: 'error', code: error.code, object: FORMAT_KEY, message: error.message });
    return undefined;
  }
}

/** Everything is part 1 of 1. @throws MskBackupError `PART_INVALID` */
function checkPart({ depth, part }: VerifyOptions): { k: number; n: number } {
  if (depth !== 'part') return { k: 1, n: 1 };
  const valid = part !== undefined && [part.k, part.n].every(Number.isInteger) && part.k >= 1 && part.k <= part.n;
  if (valid) return part;
  throw new MskBackupError('usage', 'PART_INVALID', 'a part is k/n with k from 1 to n, as in 3/10');
}

function* dataJobs(
  store: ObjectStore,
  archiveId: string | undefined,
  packs: NeededPack[],
  budget: ByteBudget,
  report: (finding: Finding) => void,
  progress: Progress,
  checked: VerifyReport['checked'],
): Generator<() => Promise<void>> {
  for (const pack of packs) {
    yield async () => {
      const problem = await checkTrailer(store, archiveId, pack);
      if (problem !== undefined) report(problem);
    };
    for (const { table, row } of pack.rows) {
      yield async () => {
        const bytes = table.storedLength(row) + table.rawLength(row);
        await budget.acquire(bytes);
        try {
          const problem = await checkFrame(store, table.frame(row));
          if (problem !== undefined) report(problem);
        } finally {
          budget.release(bytes);
        }
        checked.frames++;
        checked.bytes += table.storedLength(row);
        progress.advance({ bytes: table.storedLength(row), records: table.records(row) });
      };
    }
  }
}

/** Runs the jobs in their order, a few at a time, until there are none or the signal is aborted. */
async function runJobs(jobs: Iterator<() => Promise<void>>, signal: AbortSignal | undefined): Promise<void> {
  let failed = false;
  const work = async () => {
    while (!failed && signal?.aborted !== true) {
      const { done, value } = jobs.next();
      if (done) return;
      await value();
    }
  };
  const settled = await Promise.allSettled(
    Array.from({ length: READS_AT_ONCE }, () =>
      work().catch((reason) => {
        failed = true;
        throw reason;
      }),
    ),
  );
  const rejected = settled.find((result) => result.status === 'rejected');
  if (rejected !== undefined) throw rejected.reason;
}
