import { MskBackupError } from '../errors.ts';

/** How long what is under way may take to end after the signal, in ms: a broker that hangs never answers. */
const GRACE_MS = 8_000;

/**
 * Waits for the work, but no longer than the grace after the signal; the work is left to itself then.
 * @returns whether it came to its end
 * @throws what the work throws, while it is waited for
 */
export async function endsInTime(
  work: Promise<unknown>,
  signal: AbortSignal,
  graceMs: number = GRACE_MS,
): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => late.resolve(false), graceMs);
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  try {
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    signal.removeEventListener('abort', begin);
    clearTimeout(timer);
  }
}

/** Whether the error says no more than that the signal has aborted: any other one has to be told. */
export function isStop(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  if (error === signal.reason) return true;
  if (error instanceof MskBackupError && error.kind === 'interrupted') return true;
  return error instanceof Error && error.name === 'AbortError' && error.cause === signal.reason;
}
