/**
 * Whose turn it is to make the next commit. Only one run can make it (commits are create-only), so a second one that copies
 * at the same time copies for nothing. It learns of the first by objects that are as create-only as all others of an archive:
 *
 *     running/{sequence of the commit}/{number}.json      {"runId", "until": ISO 8601, "ended"?: true}
 *
 * The newest one counts. A run creates one when it begins, and the next number every few minutes; one that ends without a
 * commit says so. After `until` its holder counts as dead, and whoever creates the next number has the turn. The commit
 * itself ends it. What is safe does not depend on it: clocks that differ cost a copy for nothing, or a wait.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { listCommits, newestCommit } from '../archive/commits.ts';
import type { Snapshot } from '../archive/snapshot.ts';
import { hasCode, MskBackupError } from '../errors.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { nextSequence } from './plan-run.ts';

export interface TurnTiming {
  /** How long a run that says nothing more counts as alive. */
  heldMs: number;
  /** Between two words of a run. */
  renewMs: number;
  /** Between two looks of one that waits. */
  lookMs: number;
}

export const TURN_TIMING: TurnTiming = { heldMs: 15 * 60_000, renewMs: 5 * 60_000, lookMs: 5_000 };

export interface TurnOptions {
  runId: string;
  /** What a run does that finds another one: waits for its end, or is refused. */
  whenRunning: 'wait' | 'stop';
  timing?: TurnTiming;
}

interface Word {
  runId: string;
  /** ISO 8601. */
  until: string;
  ended?: true;
}

/** Held until its commit is made or `giveUp` is called. */
export interface Turn {
  /** The newest commit, which the run builds on. */
  parent: Snapshot | undefined;
  /** Behind the commit: says nothing more. */
  done(): void;
  /** Without a commit: lets the next run begin at once. Never throws. */
  giveUp(): Promise<void>;
}

/**
 * @throws MskBackupError `BACKUP_RUNS_ALREADY` (configuration) when another run has the turn and this one is not to wait,
 * `INTERRUPTED` when stopped while waiting
 */
export async function takeTurn(store: ObjectStore, options: TurnOptions, context: RunContext): Promise<Turn> {
  const { runId, whenRunning, timing = TURN_TIMING } = options;
  let told = false;
  for (;;) {
    const parent = await newestCommit(store);
    const sequence = nextSequence(parent);
    const { number, word } = await newestWord(store, sequence);
    if (word === undefined || word.ended || Date.parse(word.until) <= Date.now()) {
      const taken = await speak(store, sequence, number + 1, runId, timing.heldMs);
      // Of several that saw the same, one has it.
      if (!taken) continue;
      if (word !== undefined && !word.ended) {
        const message = `backup run ${word.runId} has said nothing since it should have at ${word.until}: going on without it`;
        context.progress.note('warn', message);
      }
      return hold(store, sequence, number + 1, options, context, parent);
    }
    const other = `another backup, run ${word.runId}, is copying into ${store.location}`;
    if (whenRunning === 'stop') {
      throw new MskBackupError(
        'configuration',
        'BACKUP_RUNS_ALREADY',
        `${other}; run this one later, or set backup.when_running: wait (if that run is dead: from ${word.until} on)`,
      );
    }
    if (!told) context.progress.note('info', `${other}: waiting for its end`);
    told = true;
    await stillRunning(store, sequence, number, timing, word, context.signal);
  }
}

/** Resolves when there is something new: a commit, a word, or silence for too long. */
async function stillRunning(
  store: ObjectStore,
  sequence: number,
  number: number,
  { lookMs }: TurnTiming,
  word: Word,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await sleep(lookMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) {
      throw new MskBackupError(
        'interrupted',
        'INTERRUPTED',
        'stopped while it waited for another backup; nothing was copied',
      );
    }
    if (Date.parse(word.until) <= Date.now()) return;
    if (((await listCommits(store)).at(-1) ?? -1) >= sequence) return;
    if ((await numbersOf(store, sequence)).at(-1) !== number) return;
  }
}

function hold(
  store: ObjectStore,
  sequence: number,
  first: number,
  { runId, timing = TURN_TIMING }: TurnOptions,
  context: RunContext,
  parent: Snapshot | undefined,
): Turn {
  let number = first;
  let speaking: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    speaking = speak(store, sequence, number + 1, runId, timing.heldMs).then(
      (spoken) => {
        if (spoken) number++;
        else {
          clearInterval(timer);
          context.progress.note(
            'warn',
            'another backup took this one for dead and copies too: the first commit counts',
          );
        }
      },
      // The storage is away for a while: there are more words before this run counts as dead.
      () => {},
    );
  }, timing.renewMs);
  timer.unref();
  return {
    parent,
    done: () => clearInterval(timer),
    async giveUp() {
      clearInterval(timer);
      await speaking;
      await speak(store, sequence, number + 1, runId, 0, true).catch(() => {});
    },
  };
}

function folderOf(sequence: number): string {
  return `running/${String(sequence).padStart(10, '0')}/`;
}

function keyOf(sequence: number, number: number): string {
  return `${folderOf(sequence)}${String(number).padStart(6, '0')}.json`;
}

/** Ascending. */
async function numbersOf(store: ObjectStore, sequence: number): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { key } of store.list(folderOf(sequence))) {
    const match = /\/(\d{6})\.json$/.exec(key);
    if (match !== null) numbers.push(Number(match[1]));
  }
  return numbers;
}

async function newestWord(store: ObjectStore, sequence: number): Promise<{ number: number; word?: Word }> {
  const number = (await numbersOf(store, sequence)).at(-1);
  if (number === undefined) return { number: -1 };
  return { number, word: JSON.parse((await store.get(keyOf(sequence, number))).toString('utf8')) as Word };
}

/** @returns false when somebody else has created this number */
async function speak(
  store: ObjectStore,
  sequence: number,
  number: number,
  runId: string,
  heldMs: number,
  ended = false,
): Promise<boolean> {
  const word: Word = { runId, until: new Date(Date.now() + heldMs).toISOString(), ...(ended && { ended }) };
  try {
    await store.put(keyOf(sequence, number), Buffer.from(`${JSON.stringify(word)}\n`));
    return true;
  } catch (error) {
    if (hasCode(error, 'OBJECT_EXISTS')) return false;
    throw error;
  }
}
