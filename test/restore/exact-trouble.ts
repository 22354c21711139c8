import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { RestoreJob } from '../../runtime/src/config/job.ts';
import { MskBackupError } from '../../runtime/src/errors.ts';
import type { RestoreReport } from '../../runtime/src/restore/report/report.ts';
import { runRestore } from '../../runtime/src/restore/run.ts';
import type { KafkaCluster } from '../support/kafka/cluster.ts';
import { javaClient } from '../support/kafka/java-client.ts';
import type { CraftedPartition } from './exact-archive.ts';
import { expectToRead, type View } from './exact-judge.ts';
import { context, restore } from './harness.ts';
import { killedWhen } from './killed.ts';

/** Long holes and short ones in turn. */
export function holey(batches: number, start = 0): CraftedPartition {
  return {
    logStart: start,
    batches: Array.from({ length: batches }, (_, n) => [start + n * 60, n % 2 === 0 ? 10 : 58]),
    end: start + batches * 60 + 100,
  };
}

/** Log ends of a topic together; 0 while there is none. */
export async function endOf(kafka: KafkaCluster, topic: string): Promise<number> {
  const offsets = await javaClient(kafka)
    .offsets(topic, 'read_uncommitted')
    .catch(() => []);
  return offsets.reduce((sum, { end }) => sum + end, 0);
}

/** Restores, and does something when the log ends together are past an offset, which has to be before it is done. */
export async function restoring(
  kafka: KafkaCluster,
  job: RestoreJob,
  topic: string,
  past: number,
  happens: () => Promise<unknown>,
): Promise<RestoreReport | MskBackupError> {
  let over = false;
  const outcome = runRestore(job, context().run, { verifyRead: true })
    .catch((error: unknown) => {
      if (error instanceof MskBackupError) return error;
      throw error;
    })
    .finally(() => {
      over = true;
    });
  while (!over && (await endOf(kafka, topic)) <= past) await sleep(5);
  expect(over, JSON.stringify(over && (await outcome))).toBe(false);
  await happens();
  return outcome;
}

/** Kills the restore while the log ends together are in the range. @returns whether it came to that */
export function killedIn(
  kafka: KafkaCluster,
  job: RestoreJob,
  topic: string,
  from: number,
  until = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  return killedWhen(job, async () => {
    const end = await endOf(kafka, topic);
    return end >= from && end < until;
  });
}

/** Run again it goes on, and ends as the view says. */
export async function expectToFinish(kafka: KafkaCluster, job: RestoreJob, topic: string, view: View): Promise<void> {
  const report = await restore(kafka, job.storage, job, { verifyRead: true });
  expect(report.plan.topics[0]!.action).toBe('resume');
  expect(report.readBack).toEqual({ records: view.records.length, differences: [] });
  await expectToRead(kafka, topic, view);
}

/** Right at once, or told, and right when it is made anew: never wrong in silence. */
export async function expectRightOrTold(
  kafka: KafkaCluster,
  outcome: RestoreReport | MskBackupError,
  job: RestoreJob,
  topic: string,
  view: View,
): Promise<void> {
  if (outcome instanceof MskBackupError) {
    expect(outcome.message).toContain(`topic ${topic}`);
    expect(outcome.code).toMatch(/^(OVERSHOT|LOG_TRUNCATED|FILLER_STALLED|TARGET_WRITTEN_BY_OTHERS)$/);
    const again = await runRestore(job, context().run, { verifyRead: true, recreate: true });
    expect(again.readBack!.differences).toEqual([]);
  } else expect(outcome.readBack).toEqual({ records: view.records.length, differences: [] });
  await expectToRead(kafka, topic, view);
}
