import type { RestoreJob } from '../config/job.ts';
import type { KafkaClient } from '../kafka/client.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { TopicWork } from './open-topics.ts';
import { setBack } from './pause-topics.ts';
import { planSetBack } from './retention.ts';

/**
 * Gives every topic its settings back, apart from those that would delete restored records. What stays is told and noted
 * in the work.
 */
export async function giveBack(
  work: TopicWork[],
  job: RestoreJob,
  client: KafkaClient,
  context: RunContext,
): Promise<void> {
  for (const one of work) {
    const atStake = one.tasks.map((task) => task.atStake);
    const plan = planSetBack(one.paused.settings, atStake, {
      regardless: job.retention === 'original',
      now: Date.now(),
    });
    await setBack(client, one.topic.target, plan.settings);
    if (plan.stays === undefined) continue;
    one.stays = plan.stays;
    context.progress.note(
      'warn',
      `topic ${one.topic.target}: retention stays paused: ${plan.stays}; set it back when they may go`,
      {
        topic: one.topic.target,
      },
    );
  }
}

/** After a restore that did not come to its end: which topics are not as they were, and how to finish. */
export function tellWhatStays(work: TopicWork[], context: RunContext): void {
  for (const one of work) {
    const { settings } = one.paused;
    if (settings.length === 0) continue;
    const list = settings.map(({ name, original }) => `${name}=${original ?? '(not set)'}`).join(', ');
    one.stays = `the restore did not come to its end; before it: ${list}`;
    const how = one.topic.exists
      ? 'set these back, or empty the topic and restore again'
      : 'delete the topic and restore again';
    context.progress.note(
      'warn',
      `topic ${one.topic.target}: retention and compaction stay paused, because the restore did not come to its end (before: ${list}); ${how}`,
      { topic: one.topic.target, original: Object.fromEntries(settings.map(({ name, original }) => [name, original])) },
    );
  }
}
