import { toBackupJob } from './backup-job.ts';
import { readDocument } from './document.ts';
import { environment, timestamp } from './expand.ts';
import { Findings, type Remark } from './findings.ts';
import type { Job } from './job.ts';
import { toMetrics } from './metrics.ts';
import { toRestoreJob } from './restore-job.ts';
import type { Configuration } from './schema/configuration.ts';
import { validate } from './validate.ts';

export interface ParseOptions {
  /** How messages call the text: a file name. */
  file: string;
  env: NodeJS.ProcessEnv;
  /** The start of the run: TIMESTAMP and the default backup id. */
  now: Date;
  /** What the command says. The file may leave `mode` out then, and must not contradict. */
  mode?: Job['mode'];
}

export interface ParsedConfiguration {
  job: Job;
  /** In the order of the file. Those of the sections that this mode does not use are left out. */
  remarks: Remark[];
  /** The file's own keys, checked, with secrets wrapped and without defaults. */
  document: Configuration;
}

/**
 * A configuration file as the job that it stands for. A file without `mode`, read by a command that does not say it
 * either, is what its one cluster makes it: a backup with `source`, a restore with `target`.
 * @throws MskBackupError `CONFIG_INVALID`: one line for each problem of the file, `file:line: path: what and what to do`
 */
export function parseConfiguration(text: string, options: ParseOptions): ParsedConfiguration {
  const { configuration, findings } = read(text, options, false);
  const mode = modeOf(configuration, options, findings);
  const metrics = toMetrics(configuration.metrics, options.env, findings);
  const job: Job =
    mode === 'restore'
      ? { ...toRestoreJob(configuration, findings), metrics }
      : { ...toBackupJob(configuration, timestamp(options.now), findings), metrics };
  findings.throwProblems(options.file);
  const unused = job.mode === 'backup' ? /^(target|restore|drill)\b/ : /^(source|backup)\b/;
  return { job, remarks: findings.remarks().filter(({ path }) => !unused.test(path)), document: configuration };
}

/**
 * Checks a part of a configuration: keys and values as in a whole one, but nothing is required.
 * @throws MskBackupError `CONFIG_INVALID`, as `parseConfiguration`
 */
export function checkFragment(text: string, options: ParseOptions): { remarks: Remark[]; document: Configuration } {
  const { configuration, findings } = read(text, options, true);
  const mode = configuration.mode ?? options.mode;
  toMetrics(configuration.metrics, options.env, findings);
  if (mode !== 'restore') toBackupJob(configuration, timestamp(options.now), findings);
  if (mode !== 'backup') toRestoreJob(configuration, findings);
  findings.throwProblems(options.file);
  return { remarks: findings.remarks(), document: configuration };
}

function read(text: string, { env, now }: ParseOptions, fragment: boolean) {
  const { value, problems, lineOf } = readDocument(text, environment(env, now));
  const findings = new Findings(lineOf, { fragment: fragment || (problems.length > 0 && value === undefined) });
  for (const { path, message, line } of problems) findings.problem(path, message, line);
  return { configuration: validate(value, findings), findings };
}

function modeOf(configuration: Configuration, options: ParseOptions, findings: Findings): Job['mode'] | undefined {
  if (configuration.mode !== undefined && options.mode !== undefined && configuration.mode !== options.mode) {
    findings.problem(['mode'], `is ${configuration.mode}, but the command is ${options.mode}`);
  }
  const mode = options.mode ?? configuration.mode;
  if (mode !== undefined) return mode;
  const { source, target } = configuration;
  if ((source === undefined) === (target === undefined)) findings.required(['mode'], 'is missing: backup or restore');
  return source === undefined && target !== undefined ? 'restore' : 'backup';
}
