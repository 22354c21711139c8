import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What one process used, by the operating system's own account. */
export interface Cost {
  /** From start to exit, or as the caller says. */
  seconds: number;
  /** User and system time, all threads. */
  cpuSeconds: number;
  /** Largest resident set. */
  peakBytes: number;
}

export interface Measured extends Cost {
  stdout: string;
  stderr: string;
}

/**
 * Runs a command to its end.
 * @param scratch a directory for the accounting file
 * @throws Error with the end of its output when it does not exit with 0
 */
export async function measure(
  scratch: string,
  command: string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Measured> {
  const out = join(scratch, `measured-${process.hrtime.bigint()}.json`);
  const child = spawn('python3', [join(import.meta.dirname, 'measure.py'), out, ...command], { env });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`${command.join(' ')} exited with ${code}:\n${(stdout + stderr).slice(-2000)}`);
  const { seconds, cpuSeconds, peakBytes } = JSON.parse(await readFile(out, 'utf8'));
  await rm(out);
  return { stdout, stderr, seconds, cpuSeconds, peakBytes };
}
