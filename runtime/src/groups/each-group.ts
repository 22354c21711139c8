import pLimit from 'p-limit';

const GROUPS_AT_ONCE = 16;

/**
 * Does something for every group, several at once. After a failure nothing new is begun, and what is under way ends first.
 * @returns how many groups were done, and the first failure
 */
export async function eachGroup<T>(
  groups: readonly T[],
  work: (group: T) => Promise<void>,
): Promise<{ done: number; failure?: unknown }> {
  const limit = pLimit(GROUPS_AT_ONCE);
  const failures: unknown[] = [];
  let done = 0;
  await Promise.all(
    groups.map((group) =>
      limit(async () => {
        if (failures.length > 0) return;
        try {
          await work(group);
          done += 1;
        } catch (failure) {
          failures.push(failure);
        }
      }),
    ),
  );
  return { done, ...(failures.length > 0 && { failure: failures[0] }) };
}
