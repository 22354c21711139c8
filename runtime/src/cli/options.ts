import { type Command, InvalidArgumentError, Option } from 'commander';
import { ENDPOINT_PROBLEM, isEndpoint } from '../config/location-url.ts';
import { CLUSTER_ARN_PROBLEM, isClusterArn, isMappingUuid, MAPPING_UUID_PROBLEM } from '../config/mapping-names.ts';
import { parseTime } from '../config/schema/time.ts';
import { LOG_LEVELS, type LogLevel } from '../observe/log.ts';

/** Options that every command takes, before or after its name. */
export interface CommonOptions {
  /** As the user gave it; undefined leaves it to MSK_BACKUP_CONFIG, which may also hold the text itself. */
  config?: string;
  json?: boolean;
  verbose?: boolean;
  logLevel?: LogLevel;
}

/** Options of the commands that read an archive. */
export interface ArchiveOptions extends CommonOptions {
  path?: string;
}

/** Options of the commands that read one snapshot. */
export interface SnapshotOptions extends ArchiveOptions {
  backupId: string;
}

export function addCommonOptions(program: Command): void {
  program
    .option(
      '-c, --config <file>',
      'configuration: a path, - for the standard input, or s3://bucket/key (environment: MSK_BACKUP_CONFIG)',
    )
    .option('--json', 'the result as JSON on the standard output, logs as JSON lines on the standard error')
    .option('-v, --verbose', 'show more: --log-level debug')
    .addOption(new Option('--log-level <level>', 'what is logged').choices(LOG_LEVELS).default('info'));
}

export function addPathOption(command: Command): Command {
  return command.option(
    '--path <archive>',
    'the archive, instead of a configuration: a directory, or s3://bucket/prefix?region=…&endpoint=…&path_style=true',
  );
}

export function addBackupIdOption(command: Command): Command {
  return command.option(
    '--backup-id <id>',
    'the snapshot: its backup_id, or latest for the newest complete one',
    'latest',
  );
}

/** A partial snapshot is shown to those who ask for it by its id; `latest` is complete. */
export function isNamed(backupId: string): boolean {
  return backupId !== 'latest';
}

/** `--verbose` wins over `--log-level`, which has a default. */
export function logLevel(options: CommonOptions): LogLevel {
  return options.verbose ? 'debug' : (options.logLevel ?? 'info');
}

/** `3/10`: the third of ten. */
export function parsePart(text: string): { k: number; n: number } {
  const match = /^(\d{1,4})\/(\d{1,4})$/.exec(text);
  const [k, n] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || k < 1 || k > n) throw new InvalidArgumentError('Give it as 3/10: the third of ten parts.');
  return { k, n };
}

/** A whole number from 1. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Give a whole number from 1.');
  return Number(text);
}

/** A whole number from 0: a partition, an offset. */
export function parseNumber(text: string): number {
  const number = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError('Give a whole number from 0.');
  }
  return number;
}

/** Several of them: the option may be given more than once. */
export function parseNumbers(text: string, before: number[] = []): number[] {
  return [...before, parseNumber(text)];
}

/** `100`, `100..200` (without 200), `100..`: `from` inclusive, `until` exclusive. */
export function parseOffsets(text: string): { from: number; until?: number } {
  const match = /^(\d{1,16})(?:(\.\.)(\d{1,16})?)?$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Give it as 100, 100.. or 100..200: without 200.');
  const from = parseNumber(match[1]!);
  if (match[2] === undefined) return { from, until: from + 1 };
  if (match[3] === undefined) return { from };
  const until = parseNumber(match[3]);
  if (until <= from) throw new InvalidArgumentError('It ends before it begins: the second offset is not part of it.');
  return { from, until };
}

/** Epoch milliseconds of milliseconds or ISO 8601 with its zone. */
export function parseTimeOption(text: string): number {
  const time = parseTime(text);
  if (typeof time !== 'number') throw new InvalidArgumentError(`It ${time.problem}.`);
  return time;
}

/** The URL of an AWS service. */
export function parseEndpoint(text: string): string {
  return checked(text, isEndpoint, ENDPOINT_PROBLEM);
}

/** Checked before anything is changed: Lambda refuses another only when the old mapping is gone. */
export function parseClusterArn(text: string): string {
  return checked(text, isClusterArn, CLUSTER_ARN_PROBLEM);
}

export function parseMappingUuid(text: string): string {
  return checked(text, isMappingUuid, MAPPING_UUID_PROBLEM).toLowerCase();
}

function checked(text: string, isRight: (text: string) => boolean, problem: string): string {
  if (!isRight(text)) throw new InvalidArgumentError(`It ${problem}.`);
  return text;
}
