import type { GroupsPlan, LeftOutReason } from '../groups/plan-groups.ts';
import type { OffsetsBody } from '../journal/offset-map-object.ts';
import { counted, facts, table } from './output.ts';

const REASONS: Record<LeftOutReason, string> = {
  'topic-not-restored': 'the topic was not restored',
  'partition-not-restored': 'the partition was not restored',
  'topic-repartitioned': 'the topic was repartitioned, so that its offsets have no counterpart',
};

/** Which restore, and what it put where. */
export function restoreFacts({ restoreId, snapshot, target }: OffsetsBody): string {
  return facts([
    ['restore', restoreId],
    ['snapshot', `${snapshot.backupId} (#${snapshot.sequence})`],
    ['target', `cluster ${target.clusterId}`],
  ]);
}

/** The offsets of groups at the target, and what is left out. */
export function planText({ groups, remarks }: GroupsPlan): string {
  const rows = groups.flatMap(({ groupId, offsets }) =>
    offsets.map(({ topic, partition, offset, current, change, source }) => [
      groupId,
      topic,
      partition,
      source.offset,
      offset,
      current ?? '-',
      change,
    ]),
  );
  const numbers = ['partition', 'at the source', 'offset', 'now'].map((right) => ({ right }));
  const offsets = rows.length === 0 ? 'no offsets' : table(['group', 'topic', ...numbers, 'change'], rows);
  return [offsets, ...leftOut(groups), ...remarks.map((remark) => `note: ${remark}`)].join('\n\n');
}

/** A line for each group, topic and reason, however many partitions they are. */
function leftOut(groups: GroupsPlan['groups']): string[] {
  const lines = groups.flatMap(({ groupId, leftOut }) => {
    const places = new Map<string, number>();
    for (const { topic, reason } of leftOut) {
      const place = `${topic}: ${REASONS[reason]}`;
      places.set(place, (places.get(place) ?? 0) + 1);
    }
    return [...places].map(
      ([place, partitions]) => `left out: ${groupId}, ${counted(partitions, 'partition')} of ${place}`,
    );
  });
  return lines.length === 0 ? [] : [lines.join('\n')];
}
