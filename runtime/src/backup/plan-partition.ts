import type { Generation, LostRange, SnapshotPartition } from '../archive/snapshot.ts';
import type { BackupJob } from '../config/job.ts';
import type { CutPartition, CutTopic } from './cut.ts';

/** From where to where one partition is copied, and what the snapshot says of it besides. */
export interface PartitionPlan {
  topic: string;
  partition: number;
  /** Compaction may remove batches below the cut: a fetch that finds none there means that there are none. */
  compacted: boolean;
  /** First offset to copy. */
  start: number;
  /** First offset not to copy. */
  cut: number;
  logStart: number;
  highWatermark: number;
  /** Generation of the frames that are copied now; one of `generations`. */
  generation: number;
  generations: Generation[];
  lost: LostRange[];
  /** Of the last batch seen, by this run or an earlier one; -1 when there is none. */
  leaderEpoch: number;
  /** Where that batch ends, exclusive. */
  lastBatchEnd: number;
  /** What earlier runs left out in this generation. */
  aborted: { batches: number; records: number };
  /** Why the partition is not simply continued. */
  restarted?: string;
}

/** Why the newest snapshot's copy of a partition cannot just be continued. */
export type Restart =
  /** The topic of that name is another one now: nothing of the old one belongs to the new snapshot. */
  | { kind: 'recreated' }
  /** The log was cut back (unclean election): what the archive holds from `at` on is not in the log any more. */
  | { kind: 'truncated'; at: number }
  /** Copy from the log start again, because of `why`. */
  | { kind: 'full'; why: string };

/**
 * Decides where a partition's copy starts and which generations its snapshot has. Pure.
 * @param parent the partition in the newest snapshot, if it is there
 * @param noticedAt ISO 8601, for lost ranges that are noticed now
 * @param sequence of the commit that the run will write: it numbers a generation that begins now, so that no two histories
 *   share a number, not even those of a topic that was left out of a snapshot in between
 */
export function planPartition(
  topic: Pick<CutTopic, 'name' | 'compacted'>,
  at: CutPartition,
  parent: SnapshotPartition | undefined,
  restart: Restart | undefined,
  startOffset: BackupJob['startOffset'],
  noticedAt: string,
  sequence: number,
): PartitionPlan {
  const common = {
    topic: topic.name,
    partition: at.partition,
    compacted: topic.compacted,
    cut: at.lastStable,
    logStart: at.logStart,
    highWatermark: at.highWatermark,
  };
  if (parent === undefined) return { ...common, ...begin(topic.name, at, startOffset, noticedAt, sequence) };

  const newest = Math.max(...parent.generations.map(({ generation }) => generation));
  // A rebuilt archive counts its commits anew, but keeps the generations of its packs.
  const next = Math.max(sequence, newest + 1);
  const fresh = { leaderEpoch: -1, aborted: { batches: 0, records: 0 }, generation: next };
  switch (restart?.kind) {
    case 'recreated':
      return {
        ...common,
        ...fresh,
        start: at.logStart,
        lastBatchEnd: at.logStart,
        generations: [{ generation: next, from: at.logStart }],
        lost: [{ from: parent.logStart, until: parent.reached, reason: 'topic-recreated', noticedAt }],
        restarted: 'the topic was deleted and created again',
      };
    case 'full':
      return {
        ...common,
        ...fresh,
        start: at.logStart,
        lastBatchEnd: at.logStart,
        generations: [...endingAt(parent.generations, at.logStart), { generation: next, from: at.logStart }],
        lost: parent.lost.filter((range) => range.until <= at.logStart),
        restarted: restart.why,
      };
    case 'truncated': {
      const start = Math.max(restart.at, at.logStart);
      return {
        ...common,
        ...fresh,
        start,
        lastBatchEnd: start,
        generations: [...endingAt(parent.generations, restart.at), { generation: next, from: start }],
        lost: [...parent.lost, { from: restart.at, until: parent.reached, reason: 'truncation', noticedAt }],
        restarted: `the log was truncated to offset ${restart.at}, behind what was backed up`,
      };
    }
    case undefined: {
      const start = Math.max(parent.reached, at.logStart);
      const expired: LostRange[] =
        at.logStart > parent.reached
          ? [{ from: parent.reached, until: at.logStart, reason: 'retention', noticedAt }]
          : [];
      return {
        ...common,
        start,
        // A snapshot never ends before it starts: an empty log may have a cut below what an older one reached.
        cut: Math.max(at.lastStable, start),
        generation: newest,
        generations: parent.generations,
        lost: [...parent.lost, ...expired],
        leaderEpoch: parent.leaderEpoch,
        lastBatchEnd: parent.lastBatchEnd ?? parent.reached,
        aborted: parent.aborted,
      };
    }
  }
}

function begin(
  topic: string,
  at: CutPartition,
  startOffset: BackupJob['startOffset'],
  noticedAt: string,
  sequence: number,
): Pick<PartitionPlan, 'start' | 'generation' | 'generations' | 'lost' | 'leaderEpoch' | 'lastBatchEnd' | 'aborted'> {
  const wanted =
    startOffset === 'earliest'
      ? at.logStart
      : startOffset === 'latest'
        ? at.lastStable
        : ((Object.hasOwn(startOffset, topic) ? startOffset[topic]?.[String(at.partition)] : undefined) ?? at.logStart);
  const start = Math.min(Math.max(wanted, at.logStart), Math.max(at.lastStable, at.logStart));
  return {
    start,
    generation: sequence,
    generations: [{ generation: sequence, from: start }],
    lost: start > at.logStart ? [{ from: at.logStart, until: start, reason: 'start-offset', noticedAt }] : [],
    leaderEpoch: -1,
    lastBatchEnd: start,
    aborted: { batches: 0, records: 0 },
  };
}

/** The generations as far as they lie below the offset, so that a newer one can begin there without overlap. */
function endingAt(generations: Generation[], offset: number): Generation[] {
  return generations
    .filter(({ from }) => from < offset)
    .map((generation) => ({ ...generation, until: Math.min(generation.until ?? offset, offset) }));
}
