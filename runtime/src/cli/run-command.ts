import { type Command, InvalidArgumentError } from 'commander';
import type { Execute } from './run.ts';

type Does = (load: () => Promise<{ execute: Execute }>, graceMs?: number) => (...args: unknown[]) => Promise<void>;

/** It has nothing to put in order: the task goes on by itself. */
const GRACE_MS = 5_000;

/** `run`: a Fargate task, followed as if it ran here. */
export function addRunCommand(program: Command, does: Does): void {
  program
    .command('run')
    .description('start backup, restore or drill as a Fargate task, follow it, and end with its exit code')
    .argument('<command>', 'backup, restore or drill')
    .argument('[args...]', 'options for it, behind --')
    .requiredOption('--cluster <name>', 'name or ARN of the ECS cluster')
    .requiredOption('--task-definition <name>', 'family, family:revision or ARN')
    .option('--container <name>', 'the container that runs msk-backup; default: msk-backup, or the only one')
    .option('--subnet <ids>', 'subnets of the task: with commas between, or repeated', parseList)
    .option('--security-group <ids>', 'security groups of the task, likewise', parseList)
    .option('--public-ip', 'give the task a public address, for subnets without another way out')
    .option('--env <NAME=value>', 'a variable for the container; may be repeated', parseVariable)
    .option('--region <region>', 'of the ECS cluster; default: the environment')
    .option('--no-follow', 'end as soon as the task is started')
    .action(does(() => import('./commands/run.ts'), GRACE_MS));
}

function parseVariable(text: string, before: Record<string, string> = {}): Record<string, string> {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text);
  if (match === null) throw new InvalidArgumentError('Give it as NAME=value.');
  return { ...before, [match[1]!]: match[2]! };
}

function parseList(text: string, before: string[] = []): string[] {
  return [...before, ...text.split(',').filter(Boolean)];
}
