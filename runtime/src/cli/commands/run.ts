import { EcsApi } from '../../ecs/ecs-api.ts';
import { followTask } from '../../ecs/follow-task.ts';
import { mirrorLog } from '../../ecs/mirror-log.ts';
import { startTask } from '../../ecs/start-task.ts';
import { describeDefinition } from '../../ecs/task-definition.ts';
import { TaskLog } from '../../ecs/task-log.ts';
import { MskBackupError } from '../../errors.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { facts } from '../output.ts';
import type { Run } from '../run.ts';

/** What a task can be started for, and what may stand behind it. */
export const RUN_COMMANDS = ['backup', 'restore', 'drill'];

interface Options extends CommonOptions {
  cluster: string;
  taskDefinition: string;
  container?: string;
  subnet?: string[];
  securityGroup?: string[];
  publicIp?: boolean;
  env?: Record<string, string>;
  region?: string;
  follow: boolean;
}

/** `run`: ends with the container's exit code; with 0 at once after `--no-follow`. */
export async function execute({ options, context, log, print, args }: Run<Options>): Promise<number> {
  const { cluster, region } = options;
  const { signal, progress } = context;
  const [what = '', ...rest] = args;
  if (!RUN_COMMANDS.includes(what)) {
    throw new MskBackupError('usage', 'USAGE', `run ${what}: give one of ${RUN_COMMANDS.join(', ')}`);
  }
  const api = new EcsApi(region === undefined ? {} : { region });
  try {
    const definition = await describeDefinition(api, options.taskDefinition, options.container, signal);
    const { container } = definition;
    const taskArn = await startTask(
      api,
      {
        cluster,
        taskDefinition: definition.arn,
        container,
        command: [what, ...rest],
        environment: options.env ?? {},
        subnets: options.subnet ?? [],
        securityGroups: options.securityGroup ?? [],
        assignPublicIp: options.publicIp ?? false,
      },
      signal,
    );
    log.info(`task ${taskArn} started from ${definition.arn}`);
    const taskLog = definition.log && new TaskLog(api, definition.log, container, taskArn);
    const where = taskLog && { group: taskLog.group, stream: taskLog.stream };
    if (where === undefined)
      log.warn(`the log of container ${container} is not in CloudWatch: only its state is shown`);
    const started = { taskArn, taskDefinition: definition.arn, ...(where && { log: where }) };
    const shown: [string, string | undefined][] = [
      ['task', taskArn],
      ['definition', definition.arn],
      ['log', where && `${where.group} ${where.stream}`],
    ];
    if (!options.follow) {
      print(started, () => facts(shown));
      return EXIT_CODES.ok;
    }
    const ended = await followTask(api, {
      cluster,
      taskArn,
      container,
      log: taskLog,
      onState: (state) => progress.note('info', `task is ${state}`),
      onLine: mirrorLog(progress),
      signal,
    }).catch((error) => {
      if (!signal.aborted) throw error;
      const message = `no longer following task ${taskArn}, which goes on: aws ecs stop-task ends it`;
      throw new MskBackupError('interrupted', 'INTERRUPTED', message);
    });
    print({ ...started, ...ended }, () =>
      facts([...shown, ['exit code', String(ended.exitCode)], ['stopped', ended.stoppedReason ?? ended.stopCode]]),
    );
    return ended.exitCode;
  } finally {
    api.close();
  }
}
