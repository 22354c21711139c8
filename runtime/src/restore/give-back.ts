import type { RestoreJob } from '../config/job.ts';
import { MskBackupError } from '../errors.ts';
import { endsInTime } from '../flow/stopping.ts';
import type { KafkaClient } from '../kafka/client.ts';
import type { RunContext } from '../observe/run-context.ts';
import { planSetBack } from './plan/retention.ts';
import type { PausedSetting } from './plan/topic-config.ts';
import { setBack } from './topics/pause-topics.ts';
import type { TopicWork } from './write/open-topics.ts';

/** Settings in words, with their values from before. */
function listed(settings: PausedSetting[]): string {
  return settings.map(({ name, original }) => `${name}=${original ?? '(not set)'}`).join(', ');
}

function valuesOf(settings: PausedSetting[]): Record<string, string | null> {
  return Object.fromEntries(settings.map(({ name, original }) => [name, original]));
}

/**
 * Before anything is changed: what the settings of topics were that are not the restore's own, so that they are known
 * whatever becomes of this process. Those of a topic that it creates are the source's, and in the plan.
 */
export function tellOriginals(work: TopicWork[], context: RunContext): void {
  for (const { topic, paused } of work) {
    if (!topic.exists || paused.settings.length === 0) continue;
    context.progress.note(
      'info',
      `topic ${topic.target}: changed while it is restored, and given back afterwards: ${listed(paused.settings)}`,
      { topic: topic.target, original: valuesOf(paused.settings) },
    );
  }
}

/**
 * Gives every topic its settings back, apart from those that would delete restored records. What stays is told and noted
 * in the work. One topic that is refused does not keep the others from theirs.
 * @returns undefined when all went well; else an error that names the topics that did not get their settings, and why
 */
export async function giveBack(
  work: TopicWork[],
  job: RestoreJob,
  client: KafkaClient,
  context: RunContext,
): Promise<MskBackupError | undefined> {
  const failures: { topic: string; error: MskBackupError }[] = [];
  let gone: MskBackupError | undefined;
  for (const one of work) {
    const { target } = one.topic;
    const plan = planSetBack(
      one.paused.settings,
      [...one.tasks, ...one.spreads].map((task) => task.atStake),
      { regardless: job.retention === 'original', now: Date.now() },
    );
    if (plan.stays !== undefined) {
      one.stays = plan.stays;
      const message = `topic ${target}: retention stays paused: ${plan.stays}; when they may go, msk-backup restore --finish sets it back`;
      context.progress.note('warn', message, { topic: target });
    }
    if (plan.settings.length === 0) continue;
    // A cluster that stays away has been waited for once: not again for every topic.
    const error = gone ?? (await failureOf(setBack(client, target, plan.settings), context.signal));
    if (error === undefined) continue;
    if (error.kind === 'connection') gone = error;
    failures.push({ topic: target, error });
    const list = listed(plan.settings);
    one.stays = [...(one.stays === undefined ? [] : [one.stays]), `not given back (${error.message}): ${list}`].join(
      '; ',
    );
    context.progress.note(
      'warn',
      `topic ${target}: its settings could not be given back (${error.message}); set them yourself: ${list}`,
      { topic: target, original: valuesOf(plan.settings) },
    );
  }
  const [first] = failures;
  return first && notGivenBack(failures, first.error);
}

async function failureOf(change: Promise<void>, signal: AbortSignal): Promise<MskBackupError | undefined> {
  try {
    if (await endsInTime(change, signal)) return undefined;
    return new MskBackupError('connection', 'NO_ANSWER', 'the target did not answer before the restore was stopped');
  } catch (error) {
    if (error instanceof MskBackupError) return error;
    throw error;
  }
}

function notGivenBack(failures: { topic: string }[], { kind, message }: MskBackupError): MskBackupError {
  const names = failures.slice(0, 5).map(({ topic }) => topic);
  const more = failures.length > 5 ? ` and ${failures.length - 5} more` : '';
  return new MskBackupError(
    kind,
    'SETTINGS_NOT_GIVEN_BACK',
    `all records are restored and checked, but the settings of topic ${names.join(', ')}${more} could not be given back: ${message}; set them by hand, the warnings and the report have the values`,
  );
}

/** After a restore that did not come to its end: which topics are not as they were, and how to finish. */
export function tellWhatStays(work: TopicWork[], context: RunContext): void {
  for (const one of work) {
    const { settings } = one.paused;
    if (settings.length === 0) continue;
    const list = listed(settings);
    one.stays = `the restore did not come to its end; before it: ${list}`;
    context.progress.note(
      'warn',
      `topic ${one.topic.target}: retention and compaction stay paused, because the restore did not come to its end (before: ${list}); ${howToEnd(one)}`,
      { topic: one.topic.target, original: valuesOf(settings) },
    );
  }
}

function howToEnd({ topic, spreads }: TopicWork): string {
  if (spreads.every(({ done }) => done)) return 'restore again: it goes on, and gives them back in the end';
  const created = topic.before?.created ?? !topic.exists;
  return created ? 'delete the topic and restore again' : 'set these back, delete the topic, and restore again';
}
