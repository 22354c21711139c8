import { describe, expect, test } from 'vitest';
import type { SnapshotTopic } from '../../runtime/src/archive/snapshot.ts';
import type { RestoreJob } from '../../runtime/src/config/job.ts';
import type { TopicConfigEntry } from '../../runtime/src/kafka/client.ts';
import {
  configToCreate,
  maxMessageBytes,
  ownSettings,
  settingsToPause,
} from '../../runtime/src/restore/plan/topic-config.ts';

function topic(config: Record<string, string>): SnapshotTopic {
  return { name: 'orders', topicId: 'x', partitionCount: 1, replicationFactor: 3, config, partitions: [] };
}
const job = (over: Partial<RestoreJob> = {}) =>
  ({ restoreTopicConfigs: true, topicConfigOverrides: {}, ...over }) as RestoreJob;
const entries = (values: Record<string, [value: string, own?: boolean]>): TopicConfigEntry[] =>
  Object.entries(values).map(([name, [value, own = false]]) => ({ name, value, isDefault: !own, isSensitive: false }));

describe('the configuration of a topic that is created', () => {
  test('is the source’s, with what is configured on top', () => {
    const source = topic({ 'retention.ms': '1000', 'segment.bytes': '4096' });
    const { create } = configToCreate(source, job({ topicConfigOverrides: { 'segment.bytes': '8192' } }), 3);
    expect(create).toEqual({ 'retention.ms': '1000', 'segment.bytes': '8192' });
  });

  test('has no more in-sync replicas than replicas', () => {
    const { create, notes } = configToCreate(topic({ 'min.insync.replicas': '2' }), job(), 1);
    expect(create).toEqual({ 'min.insync.replicas': '1' });
    expect(notes).toEqual([expect.stringContaining('lowered from 2 to 1')]);
  });

  test('leaves out what names the source’s brokers, and keeps back what not every version knows', () => {
    const source = topic({ 'leader.replication.throttled.replicas': '*', 'message.timestamp.difference.max.ms': '5' });
    const { create, whereKnown } = configToCreate(source, job(), 3);
    expect(create).toEqual({});
    expect(whereKnown).toEqual({ 'message.timestamp.difference.max.ms': '5' });
  });

  test('is only what is configured when the source’s is not wanted', () => {
    const wanted = job({ restoreTopicConfigs: false, topicConfigOverrides: { 'retention.ms': '7' } });
    expect(configToCreate(topic({ 'segment.bytes': '4096' }), wanted, 3).create).toEqual({ 'retention.ms': '7' });
  });
});

test('the old timestamp limit becomes the two new ones where the target has only those', () => {
  const old = { 'message.timestamp.difference.max.ms': '5', 'message.downconversion.enable': 'false' };
  const after40 = entries({ 'message.timestamp.before.max.ms': ['9'], 'message.timestamp.after.max.ms': ['9'] });
  expect(ownSettings(old, after40)).toEqual({
    own: { 'message.timestamp.before.max.ms': '5', 'message.timestamp.after.max.ms': '5' },
    leftOut: ['message.downconversion.enable'],
  });
});

describe('while restoring', () => {
  const paused = (values: Parameters<typeof entries>[0]) => settingsToPause(entries(values));

  test('retention is off, and the topic’s own value is told from the broker’s', () => {
    expect(paused({ 'retention.ms': ['604800000'], 'retention.bytes': ['1000', true] })).toEqual([
      { name: 'retention.ms', during: '-1', original: null, effective: '604800000' },
      { name: 'retention.bytes', during: '-1', original: '1000', effective: '1000' },
    ]);
  });

  test('nothing is compacted, gets append times, or is refused for its age', () => {
    const during = paused({
      'cleanup.policy': ['compact,delete', true],
      'message.timestamp.type': ['LogAppendTime', true],
      'message.timestamp.before.max.ms': ['9223372036854775807'],
      'message.timestamp.after.max.ms': ['3600000'],
    }).map(({ name, during }) => [name, during]);
    expect(during).toEqual([
      ['cleanup.policy', 'delete'],
      ['message.timestamp.type', 'CreateTime'],
      ['message.timestamp.after.max.ms', '9223372036854775807'],
    ]);
  });

  test('a topic that keeps everything is left alone', () => {
    expect(
      paused({
        'retention.ms': ['-1'],
        'retention.bytes': ['-1'],
        'cleanup.policy': ['delete'],
        'message.timestamp.type': ['CreateTime'],
        'local.retention.ms': ['5', true],
        'remote.storage.enable': ['false'],
      }),
    ).toEqual([]);
  });

  test('local retention of tiered topics is off', () => {
    const tiered = { 'remote.storage.enable': ['true', true], 'local.retention.ms': ['5', true] } as const;
    expect(paused({ ...tiered } as never).map(({ name }) => name)).toEqual(['local.retention.ms']);
  });
});

test('the largest batch is the topic’s, or Kafka’s default where none is told', () => {
  expect(maxMessageBytes(entries({ 'max.message.bytes': ['2048'] }))).toBe(2048);
  expect(maxMessageBytes([])).toBe(1_048_588);
});
