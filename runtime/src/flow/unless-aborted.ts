import { MskBackupError } from '../errors.ts';

/**
 * The promise's value, unless the signal comes first: then the promise is left to itself.
 * @throws MskBackupError kind `interrupted` with the message, when the signal came first
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, message: string): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(new MskBackupError('interrupted', 'INTERRUPTED', message));
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    promise.catch(() => {}); // Nobody listens any more when the signal comes first.
    return await Promise.race([aborted.promise, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
