import { type Command, Option } from 'commander';
import { type CommonOptions, parseClusterArn, parseEndpoint, parseMappingUuid, parseTimeOption } from './options.ts';
import type { Execute } from './run.ts';

/** Options of the commands for Lambda's event source mappings. */
export interface EsmOptions extends CommonOptions {
  function?: string;
  uuid?: string;
  clusterArn?: string;
  region?: string;
  endpoint?: string;
  /** Has a default where it matters. */
  file?: string;
}

export interface EsmChangeOptions extends EsmOptions {
  from?: string;
  group?: string;
  keepOld?: boolean;
  /** Epoch ms. */
  at?: number;
}

/** See `does` in program.ts. */
type Does = (load: () => Promise<{ execute: Execute }>, graceMs?: number) => (...args: unknown[]) => Promise<void>;

const FILE = 'where the settings are kept, to make the mappings again from';

/** `esm list|pause|resume|reset`. */
export function addEsmCommands(program: Command, does: Does, graceMs: number): void {
  const esm = program.command('esm').description("Lambda's event source mappings of MSK topics");

  addChoice(esm.command('list'))
    .description('the mappings, what they read, with which consumer group, and their state')
    .option('--cluster-arn <arn>', 'only those of this MSK cluster', parseClusterArn)
    .option('--file <file>', 'also write their settings, to make them again from (esm resume --from)')
    .action(does(() => import('./commands/esm-list.ts')));

  addChoice(esm.command('pause'))
    .description('disable mappings and wait until Lambda reads no more')
    .option('--cluster-arn <arn>', 'only those of this MSK cluster', parseClusterArn)
    .option('--file <file>', FILE, 'esm-mappings.json')
    .action(does(() => import('./commands/esm-pause.ts'), graceMs));

  addChange(esm.command('resume'))
    .description("let mappings go on at their consumer groups' offsets, at another cluster too")
    .option('--group <id>', 'the consumer group to go on with, instead of their own')
    .action(does(() => import('./commands/esm-resume.ts'), graceMs));

  addChange(esm.command('reset'))
    .description('delete mappings and make them again, to read from the start')
    .option('--at <time>', 'read from this time on: ISO 8601 with its zone, or milliseconds', parseTimeOption)
    .option('--group <id>', 'the consumer group to read with, which must not have offsets; default: a new one')
    .action(does(() => import('./commands/esm-reset.ts'), graceMs));
}

function addChoice(command: Command): Command {
  return command
    .option('--function <name>', 'all mappings of a function: its name or ARN, with a version or alias or without')
    .option('--uuid <uuid>', 'one mapping', parseMappingUuid)
    .option('--region <region>', "Lambda's region; default: the ARNs', else the environment's")
    .addOption(new Option('--endpoint <url>', "URL of Lambda's API").argParser(parseEndpoint).hideHelp());
}

function addChange(command: Command): Command {
  return addChoice(command)
    .option('--cluster-arn <arn>', 'the MSK cluster to read; default: the same as before', parseClusterArn)
    .option('--from <file>', 'settings that were saved: a file, - for the standard input, or s3://bucket/key')
    .option('--file <file>', `${FILE} (default: the one of --from, else "esm-mappings.json")`)
    .option('--keep-old', 'leave the old mapping, at another cluster, alone');
}
