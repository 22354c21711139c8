import type { BackupJob } from '../config/job.ts';
import { parseConfiguration } from '../config/parse-configuration.ts';
import { EcsApi } from '../ecs/ecs-api.ts';
import { startTask } from '../ecs/start-task.ts';
import { describeDefinition } from '../ecs/task-definition.ts';
import { meteredBackup } from '../metrics/metered-backup.ts';
import { jsonLog } from '../observe/json-log.ts';
import { logProgress } from '../observe/log-progress.ts';
import { backupConfiguration } from './backup-configuration.ts';
import { type FargateTarget, fargateTarget } from './fargate.ts';
import { type Answer, answer, type LambdaContext, topicsOf } from './invocation.ts';
import { timeLeft } from './time-left.ts';

/**
 * Lambda handler: takes a backup within the time that the function has, or starts the Fargate task that does, where
 * `BACKUP_ECS_CLUSTER` names its cluster.
 * @param event `{"topics": ["orders"]}`: these instead of the configuration's
 * @returns status 200 and `backup_id` of the snapshot; 202 when the time was not enough, so that a partial snapshot
 * was committed, which the next call goes on with, or when a task was started (`task_arn`)
 * @throws what went wrong, so that the function's errors count it
 */
export async function handler(event: unknown, context: LambdaContext): Promise<Answer> {
  const topics = topicsOf(event);
  const target = fargateTarget(process.env);
  return target === undefined ? runHere(topics, context) : runThere(target, topics);
}

async function runHere(topics: string[] | undefined, context: LambdaContext): Promise<Answer> {
  const log = jsonLog({ run: context.awsRequestId, level: 'info', fd: 1 });
  const { text, file } = await backupConfiguration(process.env, topics);
  const parsed = parseConfiguration(text, { file, env: process.env, now: new Date(), mode: 'backup' });
  for (const { path, message } of parsed.remarks) log.info(`${file}: ${path}: ${message}`);
  // A function has an end: what it does not copy, the next call does.
  const job: BackupJob = { ...(parsed.job as BackupJob), continuous: false };
  const time = timeLeft(context.getRemainingTimeInMillis());
  const progress = logProgress(log);
  try {
    const { location, snapshots, interrupted } = await meteredBackup(
      job,
      { progress, signal: time.signal },
      { run: context.awsRequestId, write: (line) => process.stdout.write(`${line}\n`) },
    );
    const last = snapshots.at(-1);
    return answer(interrupted ? 202 : 200, {
      backup_id: last?.backupId ?? job.backupId,
      archive: location,
      complete: !interrupted,
      ...(last && { snapshot: last.sequence, records: sum(snapshots.map(({ added }) => added.records)) }),
    });
  } finally {
    time.release();
    progress.end();
  }
}

/** The task has a configuration of its own; an event's topics can only be put into one that the function has. */
async function runThere(target: FargateTarget, topics: string[] | undefined): Promise<Answer> {
  const environment: Record<string, string> = {};
  if (topics !== undefined) environment.MSK_BACKUP_CONFIG = (await backupConfiguration(process.env, topics)).text;
  const api = new EcsApi();
  try {
    const { arn, container } = await describeDefinition(api, target.taskDefinition, target.container);
    const request = { ...target, taskDefinition: arn, container, command: ['backup'], environment };
    return answer(202, { task_arn: await startTask(api, request) });
  } finally {
    api.close();
  }
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
