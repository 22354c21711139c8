import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../runtime/src/cli/main.ts', import.meta.url));

export interface Ended {
  /** Null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  input?: string;
  env?: Record<string, string>;
}

/** Runs the command from its sources, as a process of its own. Nothing of this process' configuration reaches it. */
export function startCli(args: string[], options: CliOptions = {}): { child: ChildProcess; ended: Promise<Ended> } {
  const { MSK_BACKUP_CONFIG: _config, NODE_OPTIONS: _node, ...inherited } = process.env;
  return startNode([MAIN, ...args], { ...inherited, ...options.env }, options.input);
}

export function runCli(args: string[], options: CliOptions = {}): Promise<Ended> {
  return startCli(args, options).ended;
}

/** Runs a script with this process' Node. */
export function startNode(
  args: string[],
  env: NodeJS.ProcessEnv = process.env,
  input?: string,
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.on('error', () => {});
  if (input !== undefined) child.stdin.end(input);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended };
}
