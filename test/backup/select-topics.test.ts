import { expect, test } from 'vitest';
import { selectTopics } from '../../runtime/src/backup/select-topics.ts';
import type { BackupJob } from '../../runtime/src/config/job.ts';

const cluster = ['payments', 'orders', 'order-events', '__consumer_offsets'].map((name) => ({
  name,
  internal: name.startsWith('__'),
}));

function job(include: string[], overrides: Partial<BackupJob> = {}): BackupJob {
  return {
    topics: { include, exclude: [] },
    includeInternalTopics: false,
    internalTopics: [],
    onMissingTopic: 'fail',
    whenRunning: 'wait',
    ...overrides,
  } as BackupJob;
}

const names = (include: string[], overrides?: Partial<BackupJob>) =>
  selectTopics(cluster, job(include, overrides)).topics.map(({ name }) => name);

test('takes every topic but internal ones when nothing is named', () => {
  expect(names([])).toEqual(['order-events', 'orders', 'payments']);
});

test('takes names and patterns, and exclude wins', () => {
  expect(names(['order*'], { topics: { include: ['order*'], exclude: ['*-events'] } })).toEqual(['orders']);
});

test('takes internal topics only when asked for, and only the named ones', () => {
  expect(names(['*'], { includeInternalTopics: true })).toContain('__consumer_offsets');
  expect(names(['*'], { includeInternalTopics: true, internalTopics: ['__transaction*'] })).not.toContain(
    '__consumer_offsets',
  );
});

test('refuses a missing literal topic by name', () => {
  expect(() => names(['orders', 'invoices'])).toThrow(/no topic invoices; nothing was copied/);
});

test('only remarks on it where the configuration says so', () => {
  const { topics, remarks } = selectTopics(cluster, job(['orders', 'invoices'], { onMissingTopic: 'warn' }));
  expect(topics.map(({ name }) => name)).toEqual(['orders']);
  expect(remarks).toEqual([expect.stringContaining('invoices does not exist')]);
});

test('says which pattern matches nothing, and refuses when none does', () => {
  expect(selectTopics(cluster, job(['orders', 'x*'])).remarks).toEqual(['source.topics.include: x* matches no topic']);
  expect(() => names(['x*'])).toThrow(/none of the cluster's 3 topics matches/);
});

test('an internal topic that is named is taken or refused, never left out in silence', () => {
  const include = ['orders', '__consumer_offsets'];
  expect(() => names(include)).toThrow(
    expect.objectContaining({
      code: 'TOPIC_INTERNAL',
      message: expect.stringMatching(/__consumer_offsets is a topic of Kafka itself.*backup\.include_internal_topics/),
    }),
  );
  const elsewhere = { includeInternalTopics: true, internalTopics: ['__transaction_state'] };
  expect(() => names(include, elsewhere)).toThrow(/__consumer_offsets is a topic of Kafka itself/);
  expect(names(include, { includeInternalTopics: true })).toEqual(['__consumer_offsets', 'orders']);
  expect(names([], { topics: { include, exclude: ['__*'] } })).toEqual(['orders']);
});
