import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { addDlqCommands } from './dlq-commands.ts';
import { addEsmCommands } from './esm-commands.ts';
import { EXIT_CODE_HELP } from './exit-codes.ts';
import { addGroupsCommands } from './groups-commands.ts';
import { addLocksCommands } from './locks-commands.ts';
import {
  addBackupIdOption,
  addCommonOptions,
  addPathOption,
  parseCount,
  parseNumber,
  parseNumbers,
  parseOffsets,
  parsePart,
  parseTimeOption,
} from './options.ts';
import type { Execute } from './run.ts';
import { addRunCommand } from './run-command.ts';

/** ECS and Kubernetes kill 30 seconds after SIGTERM; a run that has something to put in order is over well before. */
const GRACE_MS = 20_000;

/** The command line: every command with its options. What a command does is loaded when it runs, so that help is quick. */
export function buildProgram(): Command {
  const program = new Command('msk-backup')
    .description('Backs up Kafka topics to S3 or a directory, batch by batch, and restores them.')
    .version(version(), '-V, --version')
    .helpCommand('help [command]', 'the options of a command')
    .configureHelp({ showGlobalOptions: true })
    // Errors are told in our own words, in one place: main.ts.
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError(false)
    .exitOverride()
    .addHelpText('after', EXIT_CODE_HELP);
  addCommonOptions(program);

  program
    .command('backup')
    .description('copy what is new since the newest snapshot, or everything, and take a snapshot')
    .option('--full', 'copy every partition from its log start again')
    .option('--dry-run', 'print what would be copied; write nothing')
    .action(does(() => import('./commands/backup.ts'), GRACE_MS));

  program
    .command('restore')
    .description('put the topics of a snapshot into a cluster and check them')
    .option(
      '--backup-id <id>',
      'the snapshot, instead of the one in the configuration; latest: the newest complete one',
    )
    .addOption(
      new Option('--verify <how>', 'read: read the target back and compare it record by record').choices(['read']),
    )
    .option('--recreate', 'delete the topics that a restore has made, and restore them anew')
    .addOption(
      new Option(
        '--finish',
        'give topics of a finished restore the retention back that would delete restored records',
      ).conflicts(['recreate', 'dryRun', 'verify', 'backupId']),
    )
    .option('--restore <id>', 'with --finish: which restore; default: the newest that the configuration fits')
    .option('--dry-run', 'print what would be restored; write nothing')
    .action(does(() => import('./commands/restore.ts'), GRACE_MS));

  addPathOption(program.command('list'))
    .description('the snapshots of an archive')
    .option('--last <count>', 'only the newest ones', parseCount)
    .action(does(() => import('./commands/list.ts')));

  addBackupIdOption(addPathOption(program.command('describe')))
    .description('one snapshot: topics, partitions, offsets, records, times, lost ranges, groups')
    .action(does(() => import('./commands/describe.ts')));

  addBackupIdOption(addPathOption(program.command('read')))
    .description('records of a snapshot, without any cluster')
    .requiredOption('--topic <name>', 'the topic, as it was called at the source')
    .option('--partition <number>', 'only this partition', parseNumber)
    .option('--offset <offsets>', '100, or 100..200 (without 200), or 100..', parseOffsets)
    .option('--from <time>', 'only records from this time on: ISO 8601 with its zone, or milliseconds', parseTimeOption)
    .option('--to <time>', 'only records up to this time, inclusive', parseTimeOption)
    .option('--key <text>', 'only records with this key')
    .option('--limit <count>', 'at most so many', parseCount)
    .option('--include-expired', 'also records that had expired at the source, where the archive still has them')
    .addOption(
      new Option('--format <format>', 'text: a line for each record; json: a JSON object in each line, exact')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addOption(
      new Option('--bytes <how>', 'base64: keys and values always so, and not only where they are no UTF-8').choices([
        'base64',
      ]),
    )
    .action(does(() => import('./commands/read.ts')));

  addPathOption(program.command('verify'))
    .description('check that what an archive, or one snapshot, names is there and what it was')
    .option('--backup-id <id>', 'one snapshot, or latest for the newest complete one; default: all')
    .addOption(
      new Option(
        '--depth <depth>',
        'names: names and sizes (default); part: also the data of a tenth, another one each day; full: all data',
      ).choices(['names', 'part', 'full']),
    )
    .addOption(new Option('--part <k/n>', 'which part, as in 3/10; stands for --depth part').argParser(parsePart))
    .action(does(() => import('./commands/verify.ts'), GRACE_MS));

  addPathOption(program.command('age'))
    .description('how old the newest whole snapshot and the last drill are, also as metrics')
    .action(does(() => import('./commands/age.ts')));

  addGroupsCommands(program, does, GRACE_MS);

  addEsmCommands(program, does, GRACE_MS);

  addDlqCommands(program, does, GRACE_MS);

  addLocksCommands(program, does, GRACE_MS);

  addRunCommand(program, does);

  program
    .command('offsets')
    .description(
      'where the records of a restore are: looks offsets up, at the source or the target, or prints all ranges',
    )
    .option('--restore <id>', 'the restore; default: the newest that the configuration fits')
    .option('--map <file>', "instead of a configuration: a copy of a restore's offsets object")
    .option('--topic <name>', 'the topic, as it is called at the source or at the target')
    .option('--partition <number>', 'the partition at the source; with --target: at the target', parseNumber)
    .option('--source <offset>', 'an offset at the source to look up; may be repeated', parseNumbers)
    .addOption(
      new Option('--target <offset>', 'an offset at the target to look up; may be repeated')
        .argParser(parseNumbers)
        .conflicts('source'),
    )
    .addOption(new Option('--format <format>', 'what is printed').choices(['text', 'json', 'csv']).default('text'))
    .action(does(() => import('./commands/offsets.ts')));

  program
    .command('drill')
    .description('try a restore: newest whole snapshot into topics of its own, compared, reported, deleted again')
    .action(does(() => import('./commands/drill.ts'), GRACE_MS));

  program
    .command('config')
    .description('check a configuration and print what it comes to, secrets masked')
    .action(does(() => import('./commands/config.ts')));

  addPathOption(program.command('rebuild'))
    .description('make a snapshot from the packs alone, when commits or indexes are lost')
    .action(does(() => import('./commands/rebuild.ts')));

  return program;
}

/**
 * The action of a command. Its module, and with it the engines and their libraries, is loaded only now.
 * @param graceMs see `stopOnSignals`; default 0, for commands that only read, or write nothing that counts before the end
 */
function does(load: () => Promise<{ execute: Execute }>, graceMs = 0) {
  return async (...args: unknown[]): Promise<void> => {
    const command = args.at(-1) as Command;
    const [{ run }, { execute }] = await Promise.all([import('./run.ts'), load()]);
    await run(command, execute, graceMs);
  };
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
