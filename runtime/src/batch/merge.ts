import type { BatchHeader } from './header.ts';

/**
 * Groups neighbouring batches that are worth producing as one: thin topics have batches of one record, and a broker takes
 * one batch of a partition per request. `rebuildBatches` makes one batch of a group with several members; one alone goes
 * untouched unless something else asks for its rebuilding.
 *
 * @param headers of one partition, in their order
 * @param targetBytes a group's stored bytes stay below this, unless one batch alone has more. Leave some room to the
 *   target's limit: numbers grow by a few bytes per record
 * @param options `contiguous`: a group also ends where the next batch does not begin at the offset after it
 */
export function groupBatches(
  headers: readonly BatchHeader[],
  targetBytes: number,
  options: { contiguous?: boolean } = {},
): BatchHeader[][] {
  const groups: BatchHeader[][] = [];
  let group: BatchHeader[] = [];
  let bytes = 0;
  for (const header of headers) {
    const size = header.end - header.start;
    const last = group.at(-1);
    const ends =
      last !== undefined &&
      (last.codec !== header.codec ||
        bytes + size > targetBytes ||
        (options.contiguous === true && last.lastOffset + 1 !== header.baseOffset));
    if (ends) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    group.push(header);
    bytes += size;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
