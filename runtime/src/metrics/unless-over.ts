/**
 * Has a last word when the process ends before the work does: a run that did not stop in time, a bug elsewhere.
 * @param lastWord called while the process exits; nothing that takes time is done any more
 */
export async function unlessOver<T>(work: () => Promise<T>, lastWord: () => void): Promise<T> {
  process.once('exit', lastWord);
  try {
    return await work();
  } finally {
    process.off('exit', lastWord);
  }
}
