import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeTasksCommand, type Task } from '@aws-sdk/client-ecs';
import { MskBackupError } from '../errors.ts';
import type { EcsApi } from './ecs-api.ts';
import { ecsError } from './ecs-errors.ts';
import type { TaskLog } from './task-log.ts';

export interface FollowTiming {
  /** Between two looks at state and log. */
  everyMs: number;
  /** How long a task that was just started may be unknown to ECS, which shows it late. */
  unknownMs: number;
  /** How long the log of a task that has ended is waited for: lines come seconds late. */
  lateLogMs: number;
}

export const FOLLOW_TIMING: FollowTiming = { everyMs: 3_000, unknownMs: 60_000, lateLogMs: 10_000 };

export interface FollowOptions {
  cluster: string;
  taskArn: string;
  container: string;
  /** Undefined when the container's log cannot be read. */
  log: TaskLog | undefined;
  /** Each state once: `PROVISIONING`, `PENDING`, `RUNNING`, … `STOPPED`. */
  onState: (state: string) => void;
  /** Each line of the log, in order. */
  onLine: (line: string) => void;
  /** Ends the following; the task goes on. */
  signal: AbortSignal;
  timing?: FollowTiming;
}

/** How a task has ended. */
export interface EndedTask {
  /** Of the container. */
  exitCode: number;
  /** `EssentialContainerExited`, `UserInitiated`, `SpotInterruption`, … */
  stopCode?: string;
  stoppedReason?: string;
}

/**
 * Follows a task until it has stopped and its log is read.
 * @throws MskBackupError `TASK_NOT_STARTED` with ECS's reasons when the container never ran, `TASK_UNKNOWN` when ECS does not
 * know the task, and as `ecsError`
 */
export async function followTask(api: EcsApi, options: FollowOptions): Promise<EndedTask> {
  const { cluster, taskArn, log, onState, onLine, signal, timing = FOLLOW_TIMING } = options;
  const tell = async () => {
    const lines = (await log?.read(signal)) ?? [];
    for (const line of lines) onLine(line);
    return lines.length > 0;
  };
  const began = Date.now();
  let shown: string | undefined;
  for (;;) {
    const task = await describeTask(api, cluster, taskArn, signal);
    if (task === undefined && (shown !== undefined || Date.now() - began > timing.unknownMs)) {
      throw new MskBackupError(
        'connection',
        'TASK_UNKNOWN',
        `${taskArn}: ECS does not know the task (any more): it shows stopped ones for an hour; its log tells how it ended`,
      );
    }
    const state = task?.lastStatus;
    if (state !== undefined && state !== shown) {
      shown = state;
      onState(state);
    }
    await tell();
    if (task !== undefined && state === 'STOPPED') {
      const ended = endOf(task, options.container);
      const until = Date.now() + timing.lateLogMs;
      // Until nothing has come for one interval.
      do await sleep(timing.everyMs, undefined, { signal });
      while ((await tell()) && Date.now() < until);
      return ended;
    }
    await sleep(timing.everyMs, undefined, { signal });
  }
}

async function describeTask(
  api: EcsApi,
  cluster: string,
  taskArn: string,
  signal: AbortSignal,
): Promise<Task | undefined> {
  const command = new DescribeTasksCommand({ cluster, tasks: [taskArn] });
  const { tasks = [] } = await api.ecs.send(command, { abortSignal: signal }).catch((error) => {
    throw ecsError(error, 'ecs:DescribeTasks', `task ${taskArn}`);
  });
  return tasks[0];
}

function endOf(task: Task, name: string): EndedTask {
  const { stopCode, stoppedReason, containers = [] } = task;
  const container = containers.find((each) => each.name === name);
  if (container?.exitCode === undefined) {
    const reasons = [
      stopCode,
      stoppedReason,
      ...containers.filter(({ reason }) => reason).map((each) => `container ${each.name}: ${each.reason}`),
    ];
    throw new MskBackupError(
      'connection',
      'TASK_NOT_STARTED',
      `${task.taskArn}: the container ${name} never ran: ${reasons.filter(Boolean).join('; ') || 'ECS says no reason'}`,
    );
  }
  return {
    exitCode: container.exitCode,
    ...(stopCode !== undefined && { stopCode }),
    ...(stoppedReason !== undefined && { stoppedReason }),
  };
}
