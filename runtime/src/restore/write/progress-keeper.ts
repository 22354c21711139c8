import { hasCode } from '../../errors.ts';
import type { PartitionProgress, ProgressBody, SpreadProgress, StakeSoFar } from '../../journal/entries.ts';
import type { RestoreJournal } from '../../journal/journal.ts';
import { storedRanges } from '../../journal/stored-ranges.ts';
import type { OffsetMap, OffsetRange } from '../../offsets/offset-map.ts';
import type { TopicWork } from './open-topics.ts';
import type { PartitionTask } from './partition-task.ts';

/** What is lost of a run that is killed is read again, not written again: so there is no hurry. */
export const NOTE_EVERY_MS = 30_000;
/** Another run of the same restore begins to write twice as long after its first entry: see open-topics.ts. */
const LOOK_EVERY_MS = 1_000;

/** A partition's state when everything up to an archived frame was acknowledged. */
export interface Milestone {
  /** Source offset behind the frame. */
  next: number;
  end: number;
  records: number;
  batches: number;
  chain: number;
  /** Ranges of the map, and how many records the last one has. */
  ranges: number;
  lastLength: number;
  atStake: StakeSoFar;
}

/** @param atStake of everything before `next`: the task itself has counted further, as it reads ahead */
export function milestone({ writer: { ledger } }: PartitionTask, next: number, atStake: StakeSoFar): Milestone {
  const { end, records, batches, chain, map } = ledger;
  const last = [...map.ranges(map.size - 1)].at(-1);
  return { next, end, records, batches, chain, ranges: map.size, lastLength: last?.length ?? 0, atStake };
}

/**
 * Notes in the journal how far the partitions have got, now and then and when it is stopped. Looks whether another run has
 * written there meanwhile: both would write to the target.
 */
export class ProgressKeeper {
  readonly #journal: RestoreJournal;
  readonly #tasks: readonly PartitionTask[];
  /** Topics that are repartitioned, and not yet noted to be complete. */
  #spread: TopicWork[];
  readonly #noted = new Map<PartitionTask, Milestone>();
  readonly #timers: NodeJS.Timeout[];
  #writing: Promise<void> = Promise.resolve();

  /** @param onError called when the journal cannot be written, or another run writes there: the restore cannot go on then */
  constructor(journal: RestoreJournal, work: readonly TopicWork[], everyMs: number, onError: (error: unknown) => void) {
    this.#journal = journal;
    this.#tasks = work.flatMap(({ tasks }) => tasks);
    this.#spread = work.filter(({ spreads }) => spreads.length > 0 && !isComplete(spreads));
    // A look that finds nothing out is no reason to stop.
    const look = () =>
      journal.refuseRival().catch((error: unknown) => {
        if (hasCode(error, 'RESTORE_RUNS_ALREADY')) onError(error);
      });
    this.#timers = [
      setInterval(() => void this.note().catch(onError), everyMs),
      setInterval(() => void look(), LOOK_EVERY_MS),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** Writes what has changed. */
  note(): Promise<void> {
    // One after the other: entries are numbered.
    this.#writing = this.#writing.then(() => this.#note());
    return this.#writing;
  }

  /** No more entries by itself; resolves when the last one is written. @throws what writing it threw */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.note();
  }

  async #note(): Promise<void> {
    const partitions: PartitionProgress[] = [];
    const noted: [PartitionTask, Milestone][] = [];
    for (const task of this.#tasks) {
      const reached = task.milestone;
      const before = this.#noted.get(task);
      if (reached === undefined || reached === before) continue;
      noted.push([task, reached]);
      partitions.push(progressOf(task, reached, before));
    }
    const complete = this.#spread.filter(({ spreads }) => isComplete(spreads));
    if (partitions.length === 0 && complete.length === 0) return;
    await this.#journal.append<ProgressBody>('progress', { partitions, spread: complete.map(spreadProgress) });
    for (const [task, reached] of noted) this.#noted.set(task, reached);
    this.#spread = this.#spread.filter((one) => !complete.includes(one));
  }
}

function isComplete(spreads: TopicWork['spreads']): boolean {
  return spreads.every(({ done }) => done);
}

function spreadProgress({ topic, topicId, spreads }: TopicWork): SpreadProgress {
  return {
    topic: topic.target,
    topicId,
    sources: spreads.map(({ frames, records, atStake }) => ({
      source: frames.partition.partition,
      records,
      atStake: atStake.soFar,
    })),
    targets: spreads[0]!.writers.map(({ partition, ledger: { start, end } }) => ({ target: partition, start, end })),
  };
}

function progressOf(task: PartitionTask, reached: Milestone, before: Milestone | undefined): PartitionProgress {
  const { topic, partition, ledger } = task.writer;
  const { next, end, records, batches, chain, atStake } = reached;
  const first = Math.max(0, (before?.ranges ?? task.resume?.ranges ?? 0) - 1);
  const ranges = storedRanges(rangesUntil(ledger.map, first, reached));
  return { topic, topicId: task.topicId, partition, next, end, records, batches, chain, atStake, ranges };
}

/** The map may have gone on since. */
function* rangesUntil(map: OffsetMap, first: number, { ranges, lastLength }: Milestone): Generator<OffsetRange> {
  let at = first;
  for (const range of map.ranges(first)) {
    if (at === ranges) return;
    yield ++at === ranges ? { ...range, length: lastLength } : range;
  }
}
