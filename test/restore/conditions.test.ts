import { expect, test } from 'vitest';
import type { RestoreJob } from '../../runtime/src/config/job.ts';
import { checkConditions } from '../../runtime/src/restore/plan/conditions.ts';
import type { SelectedTopic } from '../../runtime/src/restore/plan/select-topics.ts';
import type { TargetTopic } from '../../runtime/src/restore/plan/target-state.ts';

function selected(source: string, target = source, partitions = [0, 1]): SelectedTopic {
  return { source: { name: source }, target, partitions: partitions.map((partition) => ({ partition })) } as never;
}
/** Each range is the log start and end of a partition. */
function existing(name: string, ...ranges: [start: number, end: number][]): [string, TargetTopic] {
  const offsets = new Map(ranges.map(([start, end], partition) => [partition, { start, end }]));
  return [name, { name, topicId: name, partitionCount: ranges.length, offsets }];
}
function check(
  topics: SelectedTopic[],
  targets: [string, TargetTopic][],
  over: Partial<RestoreJob> = {},
  sameCluster = false,
): () => void {
  const job = {
    createTopics: true,
    allowNonEmpty: false,
    partitionMapping: new Map(),
    repartitioning: {},
    ...over,
  } as RestoreJob;
  const snapshot = { sequence: 7, archiveId: 'a' };
  const none = { earlier: new Map(), begun: new Map() };
  return () => checkConditions({ job, snapshot, topics, ...none, existing: new Map(targets), sameCluster });
}

test('an empty or missing topic may be restored into, wherever its log starts', () => {
  check([selected('orders'), selected('new')], [existing('orders', [5, 5], [0, 0])])();
});

test('a topic with records is refused, with their number, unless that is wanted', () => {
  const full = [existing('orders', [0, 0], [10, 15])];
  expect(check([selected('orders')], full)).toThrow(/orders \(5\)/);
  check([selected('orders')], full, { allowNonEmpty: true })();
});

test('records in partitions that are not restored are in nobody’s way', () => {
  check([selected('orders', 'orders', [0])], [existing('orders', [0, 0], [10, 15])])();
});

test('the source itself is never added to, only an empty one is restored into', () => {
  const full = [existing('orders', [0, 9], [0, 0])];
  expect(check([selected('orders')], full, { allowNonEmpty: true }, true)).toThrow(
    /was backed up from this same cluster/,
  );
  check([selected('orders')], [existing('orders', [9, 9], [0, 0])], {}, true)();
  check([selected('orders', 'copy')], [existing('copy', [0, 9], [0, 0])], { allowNonEmpty: true }, true)();
});

test('missing topics are refused when they must not be created', () => {
  expect(
    check([selected('orders'), selected('new')], [existing('orders', [0, 0], [0, 0])], { createTopics: false }),
  ).toThrow(/has no topic new, and restore.create_topics is false/);
});

test('a topic with too few partitions is refused; one with more is not', () => {
  expect(check([selected('orders')], [existing('orders', [0, 0])])).toThrow(
    /has 1 partitions at the target, but orders needs 2/,
  );
  check([selected('orders')], [existing('orders', [0, 0], [0, 0], [0, 0])])();
});
