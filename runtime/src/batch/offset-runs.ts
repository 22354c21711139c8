/** Consecutive offsets at the source, `until` exclusive. A batch's runs, in order, are where its records come from. */
export interface OffsetRun {
  from: number;
  until: number;
}

/** The runs of `count` records after the first `skip`. */
export function sliceRuns(runs: readonly OffsetRun[], skip: number, count: number): OffsetRun[] {
  const sliced: OffsetRun[] = [];
  let before = skip;
  let left = count;
  for (const { from, until } of runs) {
    const length = until - from;
    if (before >= length) {
      before -= length;
      continue;
    }
    if (left === 0) break;
    const taken = Math.min(length - before, left);
    sliced.push({ from: from + before, until: from + before + taken });
    before = 0;
    left -= taken;
  }
  return sliced;
}
