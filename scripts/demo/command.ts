import { spawn } from 'node:child_process';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const COMMAND = join(ROOT, 'runtime', 'bin', 'msk-backup.js');

/**
 * Runs the built command as a user would, shows what it prints, and gives its result.
 * @throws Error when it exits with anything but 0
 */
export async function mskBackup(args: string[], env: Record<string, string>): Promise<string> {
  console.log(`\n$ npx msk-backup ${args.map((arg) => (arg.startsWith(ROOT) ? relative(ROOT, arg) : arg)).join(' ')}`);
  // On a terminal bars show the progress; elsewhere the lines for log collectors would bury the story.
  const quiet = process.stderr.isTTY ? [] : ['--log-level', 'warn'];
  const child = spawn(process.execPath, [COMMAND, ...args, ...quiet], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (!args.includes('--json')) console.log(stdout.trimEnd());
  if (code !== 0) throw new Error(`msk-backup ${args[0]} exited with ${code}`);
  return stdout;
}
