import type { SnapshotGroup } from '../archive/snapshot.ts';
import { type MapOf, planGroups } from '../groups/plan-groups.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { commitGroupOffsets } from '../kafka/commit-offsets.ts';
import { deleteGroup } from '../kafka/delete-group.ts';
import { describeCluster } from '../kafka/describe-cluster.ts';
import { fetchGroupOffsets } from '../kafka/group-offsets.ts';
import { listOffsets } from '../kafka/list-offsets.ts';
import type { DrillReport } from './report.ts';

/** More would not tell more. */
const DIFFERENCES_LISTED = 20;

/**
 * Commits the positions of the snapshot's groups on the drill's topics, under names of the drill's own, and reads them back:
 * each has to lie in the partition's log and be what was committed. The groups are deleted again.
 * @param nameOf what the drill calls a group
 */
export async function checkGroups(
  client: KafkaClient,
  groups: readonly SnapshotGroup[],
  mapOf: MapOf,
  nameOf: (groupId: string) => string,
  signal: AbortSignal,
): Promise<DrillReport['groups']> {
  const result: DrillReport['groups'] = { checked: 0, offsets: 0, differences: [] };
  for (const { groupId, offsets } of planGroups(groups, mapOf, [])) {
    if (offsets.length === 0) continue;
    signal.throwIfAborted();
    const name = nameOf(groupId);
    try {
      await commitGroupOffsets(client, name, offsets, signal);
      const found = await fetchGroupOffsets(client, [name], signal);
      const committed = new Map(
        found.flatMap((group) => group.offsets.map((one) => [`${one.topic}/${one.partition}`, one.offset])),
      );
      const description = await describeCluster(client, [...new Set(offsets.map(({ topic }) => topic))], signal);
      const ends = await listOffsets(
        client,
        description,
        offsets.flatMap(({ topic, partition }) => [
          { topic, partition, at: 'earliest' as const },
          { topic, partition, at: 'log_end' as const },
        ]),
        signal,
      );
      offsets.forEach(({ topic, partition, offset }, index) => {
        const [start, end] = [ends[2 * index]!.offset, ends[2 * index + 1]!.offset];
        const is = committed.get(`${topic}/${partition}`);
        if (is !== offset)
          result.differences.push(`group ${groupId}, ${topic}[${partition}]: ${is} instead of ${offset}`);
        if (offset < start || offset > end) {
          result.differences.push(
            `group ${groupId}, ${topic}[${partition}]: ${offset} is not in its log, ${start} to ${end}`,
          );
        }
      });
      result.checked++;
      result.offsets += offsets.length;
    } finally {
      await deleteGroup(client, name);
    }
  }
  return { ...result, differences: result.differences.slice(0, DIFFERENCES_LISTED) };
}
