import { describe, expect, it } from 'vitest';
import type { SnapshotGroup } from '../../runtime/src/archive/snapshot.ts';
import { mapOfRestore } from '../../runtime/src/groups/map-of.ts';
import { type MapOf, planGroups } from '../../runtime/src/groups/plan-groups.ts';
import { replacedBody } from '../../runtime/src/groups/replaced.ts';
import { selectGroups } from '../../runtime/src/groups/select-groups.ts';
import { toOffsetsPartition } from '../../runtime/src/journal/offset-map-object.ts';
import { OffsetMap } from '../../runtime/src/offsets/offset-map.ts';

function group(groupId: string, ...offsets: [topic: string, partition: number, offset: number][]): SnapshotGroup {
  return {
    groupId,
    protocolType: 'consumer',
    offsets: offsets.map(([topic, partition, offset]) => ({
      topic,
      partition,
      offset,
      leaderEpoch: 3,
      metadata: `of ${partition}`,
    })),
  };
}

/** Source records 10-14 and 20-24 at 0-4 and 5-9 of the target; the log ends at 12. */
function holed(): OffsetMap {
  const map = new OffsetMap(0);
  map.add({ source: 10, target: 0, length: 5 });
  map.add({ source: 20, target: 5, length: 5 });
  map.advance(12);
  return map;
}

describe('selecting groups', () => {
  const groups = ['amazon.lambda.1', 'amazon.lambda.2', 'billing', 'shipping'].map((id) => group(id));
  const ids = (patterns: string[]) => selectGroups(groups, patterns).groups.map(({ groupId }) => groupId);

  it('takes all without patterns, else what ids and patterns name, in the order of the snapshot', () => {
    expect(ids([])).toHaveLength(4);
    expect(ids(['shipping', 'amazon.lambda.*'])).toEqual(['amazon.lambda.1', 'amazon.lambda.2', 'shipping']);
  });

  it('tells a pattern that matches nothing, and goes on', () => {
    const { groups: selected, remarks } = selectGroups(groups, ['connect-*', 'billing']);
    expect(selected.map(({ groupId }) => groupId)).toEqual(['billing']);
    expect(remarks).toEqual(['no group of the snapshot matches connect-*']);
  });

  it('refuses an id that is not there, with near ones', () => {
    expect(() => selectGroups(groups, ['biling'])).toThrow(
      /^group biling is not in the snapshot \(near ones: billing, .*\)/,
    );
    expect(() => selectGroups([], ['billing'])).toThrow('it has no groups at all');
  });
});

describe('planning groups', () => {
  const mapOf: MapOf = (topic, partition) => {
    if (topic === 'elsewhere') return 'topic-not-restored';
    if (topic === 'spread') return 'topic-repartitioned';
    return partition > 4 ? undefined : { topic: `${topic}-dr`, partition: partition + 10, map: holed() };
  };

  it('gives the first record at or after each offset, or the end, under the names of the target', () => {
    const [planned] = planGroups(
      [group('g', ['orders', 0, 3], ['orders', 1, 12], ['orders', 2, 15], ['orders', 3, 25], ['orders', 4, 99])],
      mapOf,
      [],
    );
    expect(planned!.offsets.map(({ offset }) => offset)).toEqual([0, 2, 5, 12, 12]);
    expect(planned!.offsets[1]).toEqual({
      topic: 'orders-dr',
      partition: 11,
      offset: 2,
      metadata: 'of 1',
      current: null,
      change: 'set',
      source: { topic: 'orders', partition: 1, offset: 12 },
    });
  });

  it('says what it changes for the group at the target', () => {
    const at = (partition: number, offset: number) => ({
      topic: 'orders-dr',
      partition,
      offset,
      leaderEpoch: -1,
      metadata: '',
    });
    const [planned] = planGroups(
      [group('g', ['orders', 0, 12], ['orders', 1, 12], ['orders', 2, 12], ['orders', 3, 12])],
      mapOf,
      [
        { groupId: 'g', offsets: [at(10, 2), at(11, 7), at(12, 1)] },
        { groupId: 'other', offsets: [at(13, 2)] },
      ],
    );
    expect(planned!.offsets.map(({ current, change }) => [current, change])).toEqual([
      [2, 'same'],
      [7, 'rewind'],
      [1, 'forward'],
      [null, 'set'],
    ]);
  });

  it('leaves out what has no place at the target, with the reason', () => {
    const [planned] = planGroups([group('g', ['elsewhere', 0, 1], ['spread', 0, 2], ['orders', 5, 3])], mapOf, []);
    expect(planned).toEqual({
      groupId: 'g',
      offsets: [],
      leftOut: [
        { topic: 'elsewhere', partition: 0, offset: 1, reason: 'topic-not-restored' },
        { topic: 'spread', partition: 0, offset: 2, reason: 'topic-repartitioned' },
        { topic: 'orders', partition: 5, offset: 3, reason: 'partition-not-restored' },
      ],
    });
  });

  it('takes the map that a restore has written', () => {
    const partitions = [toOffsetsPartition(0, 4, holed())];
    const written = mapOfRestore({ topics: [{ source: 'orders', target: 'copy', partitions }] });
    const [planned] = planGroups([group('g', ['orders', 0, 16], ['orders', 1, 1], ['other', 0, 1])], written, []);
    expect(planned!.offsets).toMatchObject([{ topic: 'copy', partition: 4, offset: 5 }]);
    expect(planned!.leftOut.map(({ reason }) => reason)).toEqual(['partition-not-restored', 'topic-not-restored']);
  });
});

describe('what is written down before offsets are replaced', () => {
  const [plan] = planGroups(
    [group('g', ['orders', 0, 10], ['orders', 1, 10], ['orders', 2, 10])],
    (topic, partition) => ({ topic, partition, map: holed() }),
    [],
  );
  const committed = (offset: number, metadata: string | null) => ({ offset, leaderEpoch: 2, metadata });

  it('is how they stand, without those that stay', () => {
    const stands = [committed(0, 'of 0'), committed(0, null), undefined];
    expect(replacedBody([plan!], (_group, _topic, partition) => stands[partition])).toEqual({
      groups: [
        {
          groupId: 'g',
          offsets: [
            { topic: 'orders', partition: 1, before: committed(0, null), after: { offset: 0, metadata: 'of 1' } },
            { topic: 'orders', partition: 2, before: null, after: { offset: 0, metadata: 'of 2' } },
          ],
        },
      ],
    });
    expect(replacedBody([plan!], (_group, _topic, partition) => committed(0, `of ${partition}`))).toEqual({
      groups: [],
    });
  });

  it('keeps what an interrupted run has replaced already, with how that stood before it', () => {
    const first = replacedBody([plan!], () => committed(7, 'old'));
    const stands = [committed(0, 'of 0'), committed(7, 'old'), committed(9, 'moved meanwhile')];
    const second = replacedBody([plan!], (_group, _topic, partition) => stands[partition], first);
    expect(second.groups[0]!.offsets.map(({ before }) => before)).toEqual([
      committed(7, 'old'),
      committed(7, 'old'),
      committed(9, 'moved meanwhile'),
    ]);
  });
});
