/** Child processes of tests: run to the end with their output, or left running and ended with this process. */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

export interface Finished {
  stdout: string;
  stderr: string;
  /** Exit code; -1 when a signal ended the process. */
  code: number;
}

export interface RunOptions {
  stdin?: string | Uint8Array;
  env?: Record<string, string>;
  cwd?: string;
  /** The process is killed after this long. Default: 120,000 ms. */
  timeoutMs?: number;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a process that is killed at the latest when this process exits. */
export function spawnOwned(command: string, args: string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Resolves when the process has ended (at once if it has already). */
export function ended(child: ChildProcess): Promise<void> {
  const neverStarted = child.pid === undefined;
  if (neverStarted || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** Runs a program to its end. A non-zero exit code is an answer, not an error. */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<Finished> {
  return collect(spawnOwned(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env } }), options);
}

/** Runs a program to its end and throws with its output when it fails. */
export async function runOk(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { stdout, stderr, code } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${code}\n${stderr}${stdout}`);
  return stdout;
}

/** Feeds `stdin` to a started process and gathers its output until it ends. */
export function collect(child: ChildProcess, options: Pick<RunOptions, 'stdin' | 'timeoutMs'> = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin?.on('error', () => {}); // The process may end without reading its input.
    child.stdin?.end(options.stdin ?? '');
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 120_000);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('utf8');
      resolve({ stdout: text(out), stderr: text(err), code: code ?? -1 });
    });
  });
}
