import { MskBackupError } from '../errors.ts';

/**
 * The promise's value, unless the signal comes first: then the promise is left to itself. Nothing of it stays with the signal,
 * as it would with the other side of a `Promise.race` that lives on: some 300 bytes a call.
 * @param message of an error of kind `interrupted`; default: the signal's own reason is thrown
 * @throws that, when the signal came first
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, message?: string): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () =>
    aborted.reject(message === undefined ? signal.reason : new MskBackupError('interrupted', 'INTERRUPTED', message));
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    promise.catch(() => {}); // Nobody listens any more when the signal comes first.
    return await Promise.race([aborted.promise, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
