import { spawn } from 'node:child_process';

/** Python brings a pseudo-terminal with it: what the program writes to it is what a person's terminal gets. */
const SPAWN = `
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 100, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** Runs a script with this process' Node on a terminal of 100 columns. @returns all that was written to the terminal */
export function onTerminal(args: string[]): Promise<{ code: number | null; written: string }> {
  const child = spawn('python3', ['-c', SPAWN, process.execPath, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let written = '';
  child.stdout.on('data', (chunk) => {
    written += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, written }));
  });
}
