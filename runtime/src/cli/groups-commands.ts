import type { Command } from 'commander';
import { addBackupIdOption, addPathOption, type CommonOptions } from './options.ts';
import type { Execute } from './run.ts';

/** Options of the commands that put the groups of a snapshot on a restore's target. */
export interface RestoredGroupsOptions extends CommonOptions {
  restore?: string;
  group?: string[];
}

export interface UndoGroupsOptions extends CommonOptions {
  restore?: string;
  force?: boolean;
}

/** See `does` in program.ts. */
type Does = (load: () => Promise<{ execute: Execute }>, graceMs?: number) => (...args: unknown[]) => Promise<void>;

/** `groups [list]|plan|apply|undo`. `list` is a command of its own, so that its options are not taken by the others. */
export function addGroupsCommands(program: Command, does: Does, graceMs: number): void {
  const groups = program
    .command('groups')
    .description('consumer groups: how far they have read, and their offsets at the target of a restore')
    .usage('[list|plan|apply|undo] [options]');

  addBackupIdOption(addPathOption(groups.command('list', { isDefault: true })))
    .description('the groups of a snapshot and how far they had read; without another word this is meant')
    .option('--cluster', "the groups of the configuration's cluster, as they stand now")
    .option('--no-lambda', 'do not ask Lambda which function reads with an amazon.lambda.* group')
    .option('--region <region>', "Lambda's region; default: the MSK cluster's, else the environment's")
    .action(does(() => import('./commands/groups-list.ts')));

  addRestoreOption(groups.command('plan'))
    .description('what the offsets of groups are at the target of a restore; commits nothing')
    .option(...GROUP)
    .action(does(() => import('./commands/groups-plan.ts')));

  addRestoreOption(groups.command('apply'))
    .description('commit them there, for groups without members')
    .option(...GROUP)
    .action(does(() => import('./commands/groups-apply.ts'), graceMs));

  addRestoreOption(groups.command('undo'))
    .description('put back what the newest apply, or the restore itself, replaced')
    .option('--force', 'also where groups have committed since')
    .action(does(() => import('./commands/groups-undo.ts'), graceMs));
}

const GROUP = [
  '--group <ids...>',
  "ids and patterns, such as 'amazon.lambda.*'; default: restore.consumer_groups, else all of the snapshot",
] as const;

function addRestoreOption(command: Command): Command {
  return command.option('--restore <id>', 'the restore; default: the newest that the configuration fits');
}
