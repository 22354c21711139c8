import type { Command } from 'commander';
import { type CommonOptions, parseCount } from './options.ts';
import type { Execute } from './run.ts';

export interface DlqOptions extends CommonOptions {
  queue: string;
  dryRun?: boolean;
  limit?: number;
}

/** See `does` in program.ts. */
type Does = (load: () => Promise<{ execute: Execute }>, graceMs?: number) => (...args: unknown[]) => Promise<void>;

/** `dlq backup|replay`. */
export function addDlqCommands(program: Command, does: Does, graceMs: number): void {
  const dlq = program
    .command('dlq')
    .description('dead-letter queues of Lambda functions: keep the messages, replay the records');

  addQueueOption(dlq.command('backup'))
    .description('keep every message beside the archive; the queue keeps it, too')
    .action(does(() => import('./commands/dlq-backup.ts'), graceMs));

  addQueueOption(dlq.command('replay'))
    .description('produce the records again, from the topic or else the archive, and take the message off the queue')
    .option('--limit <count>', 'at most so many messages', parseCount)
    .option('--dry-run', 'print what would be replayed; produce and delete nothing')
    .action(does(() => import('./commands/dlq-replay.ts'), graceMs));
}

function addQueueOption(command: Command): Command {
  return command.requiredOption(
    '--queue <place>',
    'URL of an SQS queue, or s3://bucket/prefix where Lambda wrote its failures',
  );
}
