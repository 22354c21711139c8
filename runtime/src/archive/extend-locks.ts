import pLimit from 'p-limit';
import type { ObjectStore } from '../storage/object-store.ts';
import type { ObjectLocks } from '../storage/s3-object-locks.ts';
import type { Finding } from './finding.ts';
import { neededObjects } from './needed-objects.ts';

export interface ExtendedLocks {
  location: string;
  mode: 'GOVERNANCE' | 'COMPLIANCE';
  /** For how long an object is locked from now on when its lock is extended. */
  days: number;
  /** Objects that the snapshots need. */
  needed: number;
  /** Of these: locked anew. */
  extended: number;
  /** Objects that went away meanwhile. */
  absent: number;
  findings: Finding[];
  /** Stopped before the end; the next run goes on. */
  interrupted: boolean;
}

const REQUESTS_AT_ONCE = 32;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Locks anew what the snapshots of an archive need and less than half of the days is left for: packs are shared by later
 * snapshots, so that the lock from when they were written ends too early. A lock is never shortened.
 * @param options days: default those of the bucket's own rule; now: milliseconds, for tests
 * @throws MskBackupError `OBJECT_LOCK_OFF`, `ARCHIVE_MISSING`
 */
export async function extendLocks(
  store: ObjectStore,
  locks: ObjectLocks,
  options: { days?: number; now?: number; signal?: AbortSignal } = {},
): Promise<ExtendedLocks> {
  const { now = Date.now(), signal } = options;
  const rule = await locks.rule();
  const days = options.days ?? rule.days;
  const findings: Finding[] = [];
  const needed = await neededObjects(store, (finding) => findings.push(finding));
  const until = now + days * DAY_MS;
  let extended = 0;
  let absent = 0;
  await pLimit(REQUESTS_AT_ONCE).map(needed, async (key) => {
    if (signal?.aborted) return;
    const lock = await locks.find(key);
    if (lock === 'absent') {
      absent++;
      return;
    }
    if (lock !== undefined && lock.until >= now + (days / 2) * DAY_MS) return;
    // From COMPLIANCE there is no way back, so the lock that is there keeps its mode.
    await locks.put(key, { mode: lock?.mode ?? rule.mode, until });
    extended++;
  });
  const interrupted = signal?.aborted ?? false;
  return {
    location: store.location,
    mode: rule.mode,
    days,
    needed: needed.size,
    extended,
    absent,
    findings,
    interrupted,
  };
}
