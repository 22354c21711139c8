import type { BatchHeader } from './header.ts';

/**
 * Groups neighbouring batches that are worth producing as one: thin topics have batches of one record, and a broker takes
 * one batch of a partition per request. `rebuildBatches` makes one batch of a group with several members; one alone goes
 * untouched unless something else asks for its rebuilding.
 *
 * @param headers of one partition, in their order
 * @param targetBytes a group's stored bytes stay below this, unless one batch alone has more. Leave some room to the
 *   target's limit: numbers grow by a few bytes per record
 */
export function groupBatches(headers: readonly BatchHeader[], targetBytes: number): BatchHeader[][] {
  const groups: BatchHeader[][] = [];
  let group: BatchHeader[] = [];
  let bytes = 0;
  for (const header of headers) {
    const size = header.end - header.start;
    if (group.length > 0 && (group[0]!.codec !== header.codec || bytes + size > targetBytes)) {
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
