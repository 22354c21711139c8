import type { Command } from 'commander';
import { addPathOption, parseCount } from './options.ts';
import type { Execute } from './run.ts';

/** @param does what `program.ts` makes of a command's module */
export function addLocksCommands(
  program: Command,
  does: (load: () => Promise<{ execute: Execute }>, graceMs?: number) => (...args: unknown[]) => Promise<void>,
  graceMs: number,
): void {
  const locks = program.command('locks').description('S3 Object Lock of what snapshots need');
  addPathOption(locks.command('extend'))
    .description('lock anew what snapshots need and less than half of the time is left for')
    .option('--days <days>', "for how long from now; default: as the bucket's own rule says", parseCount)
    .option(
      '--replica <archive>',
      'a replica whose locks are extended, too: s3://bucket/prefix?region=…; may be given more than once',
      (text: string, before: string[] = []) => [...before, text],
    )
    .action(does(() => import('./commands/locks-extend.ts'), graceMs));
}
