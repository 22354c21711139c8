import type { BackupJob, Job, RestoreJob } from '../config/job.ts';
import { type ParsedConfiguration, parseConfiguration } from '../config/parse-configuration.ts';
import { readConfiguration } from '../config/read-configuration.ts';
import type { Log } from '../observe/log.ts';
import type { CommonOptions } from './options.ts';

/** The configuration that the options name. Errors as `readConfiguration` and `parseConfiguration`. */
export async function readParsed(
  options: CommonOptions,
  mode?: Job['mode'],
): Promise<ParsedConfiguration & { file: string }> {
  const { env } = process;
  const { text, file } = await readConfiguration(options.config, { env });
  return { ...parseConfiguration(text, { file, env, now: new Date(), ...(mode && { mode }) }), file };
}

/** The job of a `backup` or `restore`, with what the configuration's reader should know in the log. */
export async function readJob(options: CommonOptions, mode: 'backup', log: Log): Promise<BackupJob>;
export async function readJob(options: CommonOptions, mode: 'restore', log: Log): Promise<RestoreJob>;
export async function readJob(options: CommonOptions, mode: Job['mode'], log: Log): Promise<Job> {
  const { job, remarks, file } = await readParsed(options, mode);
  for (const { path, line, message } of remarks) log.info(`${file}:${line}: ${path}: ${message}`);
  return job;
}
