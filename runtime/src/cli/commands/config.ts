import { stringify } from 'yaml';
import { describeJob } from '../../config/describe-job.ts';
import type { CommonOptions } from '../options.ts';
import { readParsed } from '../read-job.ts';
import type { Run } from '../run.ts';

/** `config`: the configuration on the standard output, what is to be said about it on the standard error. */
export async function execute({ options, log, print }: Run<CommonOptions>): Promise<number> {
  const { job, remarks, file } = await readParsed(options);
  const configuration = describeJob(job);
  if (!options.json) for (const { path, line, message } of remarks) log.info(`${file}:${line}: ${path}: ${message}`);
  // JSON and back leaves out what is not set.
  print({ configuration, remarks }, () => stringify(JSON.parse(JSON.stringify(configuration))).trimEnd());
  return 0;
}
