import { MskBackupError } from '../../errors.ts';
import type { PartitionName } from '../../kafka/by-leader.ts';
import { isRetriable, Patience } from '../../kafka/retry.ts';
import type { LogEnds } from './log-ends.ts';

/** How long the end of a partition may stand still. */
const STALL_MS = 120_000;

export interface AdvanceOptions {
  ends: LogEnds;
  signal: AbortSignal;
  /**
   * Moves the end by at least nothing and, if all goes well, at most `count`; resolves when nothing that it began can
   * move the end any more. How far it got is looked up.
   * @returns by how much it has moved the end; undefined when that is not known
   */
  step(count: number): Promise<number | undefined>;
  /** Sees that nobody else has moved it. Asked for only where that does not follow from the steps. */
  check(from: number, until: number): Promise<void>;
}

/**
 * Moves the end of a partition from one offset to another by steps that may do less or more than they should: what the
 * log says after each decides how to go on.
 * @throws MskBackupError as `HoleFiller.fill`
 */
export async function advance(place: PartitionName, from: number, until: number, options: AdvanceOptions) {
  let at = from;
  let patience = new Patience(options.signal, STALL_MS);
  let trouble = '';
  let moved: number | undefined = 0;
  for (;;) {
    if (at < until) {
      const by = await options.step(until - at);
      moved = moved === undefined || by === undefined ? undefined : moved + by;
    }
    try {
      const { logEnd, highWatermark } = await options.ends.look(place);
      if (logEnd > until) throw overshot(place, until, logEnd);
      if (logEnd < at) throw truncated(place, at, logEnd);
      if (logEnd === until && highWatermark === until) break;
      if (logEnd > at) {
        at = logEnd;
        patience = new Patience(options.signal, STALL_MS);
        if (at < until) continue;
      }
      trouble = `the log ends at ${logEnd}, replicas have confirmed ${highWatermark}`;
    } catch (reason) {
      if (!isRetriable(reason)) throw reason;
      trouble = reason.message;
    }
    if (!(await patience.pause())) throw stalled(place, until, trouble);
  }
  if (moved !== until - from) await options.check(from, until);
}

function overshot({ topic, partition }: PartitionName, until: number, logEnd: number): MskBackupError {
  return new MskBackupError(
    'data',
    'OVERSHOT',
    `topic ${topic}, partition ${partition}: the log ends at ${logEnd} where the next record has offset ${until}: a broker wrote a marker twice while replicas or connections failed, or somebody else writes to the topic. This cannot be undone: begin anew with --recreate, or delete the topic first`,
  );
}

function truncated({ topic, partition }: PartitionName, at: number, logEnd: number): MskBackupError {
  return new MskBackupError(
    'data',
    'LOG_TRUNCATED',
    `topic ${topic}, partition ${partition}: the log ended at ${at} and ends at ${logEnd} now: its leader has lost what was acknowledged (unclean leader election?). Restore again with --recreate`,
  );
}

function stalled({ topic, partition }: PartitionName, until: number, trouble: string): MskBackupError {
  return new MskBackupError(
    'connection',
    'FILLER_STALLED',
    `topic ${topic}, partition ${partition}: filling up to offset ${until} got nowhere for ${STALL_MS / 1000} s (${trouble}); check the target's brokers and in-sync replicas, then run again`,
  );
}
