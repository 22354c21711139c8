import pLimit from 'p-limit';
import { MskBackupError } from '../errors.ts';

/** Lambda takes 15 changes a second of an account, and each mapping waits for minutes. */
const AT_ONCE = 4;

/**
 * Does something with each mapping, several at once. One that fails does not stop the others.
 * @param hint how to go on, for the end of the error; asked for when all have ended
 * @throws MskBackupError with kind and code of the first that failed, and what all of them said
 */
export async function eachMapping<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  hint: () => string,
): Promise<Result[]> {
  const settled = await Promise.allSettled(items.map(pLimitOf(work)));
  const failures = settled.filter((it) => it.status === 'rejected').map(({ reason }) => reason as unknown);
  if (failures.length === 0) return settled.map((it) => (it as PromiseFulfilledResult<Result>).value);
  const bug = failures.find((it) => !(it instanceof MskBackupError));
  if (bug !== undefined) throw bug;
  const [first] = failures as [MskBackupError];
  const messages = [...new Set(failures.map((it) => (it as MskBackupError).message))];
  throw new MskBackupError(first.kind, first.code, `${messages.join('; ')}; ${hint()}`);
}

function pLimitOf<Item, Result>(work: (item: Item) => Promise<Result>): (item: Item) => Promise<Result> {
  const limit = pLimit(AT_ONCE);
  return (item) => limit(() => work(item));
}
