import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SnapshotGroup } from '../../runtime/src/archive/snapshot.ts';
import { applyGroups } from '../../runtime/src/groups/apply-groups.ts';
import type { MapOf } from '../../runtime/src/groups/plan-groups.ts';
import type { GroupsReplacedBody } from '../../runtime/src/groups/replaced.ts';
import { checkGroups, planRestoredGroups, restoreGroups } from '../../runtime/src/groups/restore-groups.ts';
import { undoGroups } from '../../runtime/src/groups/undo-groups.ts';
import { RestoreJournal } from '../../runtime/src/journal/journal.ts';
import type { KafkaClient } from '../../runtime/src/kafka/client.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { OffsetMap } from '../../runtime/src/offsets/offset-map.ts';
import { FilesystemStore } from '../../runtime/src/storage/filesystem-store.ts';
import { endpointOf } from '../kafka/support.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';

const PARTITIONS = 3;
const RECORDS = 20;

describe.each([
  { version: '4', brokers: 1, protocols: ['classic', 'consumer'] },
  { version: '3.9', brokers: 3, protocols: ['classic'] },
] as const)('consumer groups at a target of Kafka $version, $brokers broker(s)', ({ version, brokers, protocols }) => {
  let cluster: KafkaCluster;
  let client: KafkaClient;
  let java: JavaClient;
  let directory: string;
  let journal: RestoreJournal;
  let restores = 0;
  let tests = 0;
  /** Groups of this test: ids that no other test has. */
  let own: string;

  beforeAll(async () => {
    cluster = await startKafka({ version, brokers });
    client = createKafkaClient(endpointOf(cluster));
    java = javaClient(cluster);
    directory = await mkdtemp(join(tmpdir(), 'msk-backup-groups-'));
    await client.connect();
    await java.createTopic('orders', { partitions: PARTITIONS });
    const producer = await java.producer();
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    await producer.send(
      'orders',
      partitions.flatMap((partition) =>
        Array.from({ length: RECORDS }, (_, n) => ({ partition, value: `${partition}:${n}` })),
      ),
    );
    await producer.close();
  });

  afterAll(async () => {
    await client?.close();
    await cluster?.stop();
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  beforeEach(async () => {
    own = `test-${++tests}`;
    journal = await openJournal();
  });

  function openJournal(): Promise<RestoreJournal> {
    return RestoreJournal.open(new FilesystemStore(directory), (++restores).toString(16).padStart(16, '0'));
  }

  /** Source offsets 100-109 and 120-129 are at 0-9 and 10-19. */
  const mapOf: MapOf = (topic, partition) => {
    if (topic !== 'source-orders') return 'topic-not-restored';
    const map = new OffsetMap(0);
    map.add({ source: 100, target: 0, length: 10 });
    map.add({ source: 120, target: 10, length: 10 });
    return { topic: 'orders', partition, map };
  };

  const group = (name: string, ...offsets: number[]): SnapshotGroup => ({
    groupId: `${own}-${name}`,
    protocolType: 'consumer',
    offsets: offsets.map((offset, partition) => ({
      topic: 'source-orders',
      partition,
      offset,
      leaderEpoch: 8,
      metadata: `${name} ${partition}`,
    })),
  });
  const input = (...groups: SnapshotGroup[]) => ({ client, snapshot: { groups }, patterns: [], mapOf, journal });
  const at = (partition: number, offset: number, metadata = '') => ({ topic: 'orders', partition, offset, metadata });
  const positions = (name: string) => java.groupOffsets(`${own}-${name}`);
  const saved = async () => (await journal.last<GroupsReplacedBody>('groups-replaced'))?.body;

  it('get their offsets, translated, with metadata; undo restores values and absences', async () => {
    const before = [at(0, 4, 'before'), at(1, 10, 'read 1')];
    await java.commitOffsets(`${own}-read`, before);
    const groups = [group('read', 105, 115, 130), group('new', 99, 129)];
    const restored = await restoreGroups(input(...groups));
    expect(restored.committed).toBe(4);
    expect(restored.groups[0]!.offsets.map(({ offset, current, change }) => [offset, current, change])).toEqual([
      [5, 4, 'forward'],
      [10, 10, 'same'],
      [20, null, 'set'],
    ]);
    expect(await positions('read')).toEqual([at(0, 5, 'read 0'), at(1, 10, 'read 1'), at(2, 20, 'read 2')]);
    expect(await positions('new')).toEqual([at(0, 0, 'new 0'), at(1, 19, 'new 1')]);

    const body = (await saved())!;
    expect(body.groups.map(({ groupId, offsets }) => [groupId, offsets.map((o) => o.before)])).toEqual([
      [`${own}-read`, [{ offset: 4, leaderEpoch: -1, metadata: 'before' }, null]],
      [`${own}-new`, [null, null]],
    ]);
    expect(await undoGroups(client, body)).toMatchObject({
      changed: 4,
      groups: [
        {
          offsets: [
            { from: 5, to: 4 },
            { from: 20, to: null },
          ],
        },
        {},
      ],
    });
    expect(await positions('read')).toEqual(before);
    expect(await positions('new')).toEqual([]);
    expect(await undoGroups(client, body)).toMatchObject({ changed: 0 });
  });

  it('are read on from there by a consumer, which gets every record that was not read, once', async () => {
    await restoreGroups(input(group('shipping', 105, 130, 115)));
    const consumer = await java.consumer(`${own}-shipping`, 'orders');
    const expected = [...range(0, 5), ...range(2, 10)];
    const taken = await consumer.take(expected.length);
    expect(taken.map(({ value }) => value!.toString()).sort()).toEqual(expected.sort());
    await consumer.leave();
  });

  it('are left alone when they stand there already; nothing is written down then', async () => {
    const groups = [group('again', 105)];
    await restoreGroups(input(...groups));
    const body = await saved();
    expect(await restoreGroups(input(...groups))).toMatchObject({
      committed: 0,
      groups: [{ offsets: [{ change: 'same' }] }],
    });
    expect(await saved()).toEqual(body);
    expect(journal.keys).toHaveLength(1);
  });

  it.each(protocols)(
    'with a live member of the %s protocol are refused, and no other group is touched',
    async (protocol) => {
      await java.commitOffsets(`${own}-a`, [at(0, 1)]);
      await java.commitOffsets(`${own}-live`, [at(0, 2)]);
      const groups = [group('a', 105), group('live', 105), group('z', 105)];
      const member = await java.consumer(`${own}-live`, 'orders', { 'group.protocol': protocol });
      const refused = {
        kind: 'configuration',
        code: 'GROUP_HAS_MEMBERS',
        message: expect.stringContaining(
          `group ${own}-live has members (${member.name} at 127.0.0.1): stop its consumers`,
        ),
      };
      await expect(restoreGroups(input(...groups))).rejects.toMatchObject(refused);
      await expect(checkGroups(input(...groups), (topic) => topic === 'source-orders')).rejects.toMatchObject(refused);
      expect(await saved()).toBeUndefined();
      expect([await positions('a'), await positions('live'), await positions('z')]).toEqual([
        [at(0, 1)],
        [at(0, 2)],
        [],
      ]);
      // Groups that read nothing of what is restored may go on.
      expect((await checkGroups(input(...groups), () => false)).groups).toEqual([]);

      await member.leave();
      await expect
        .poll(
          () =>
            restoreGroups(input(...groups)).then(
              ({ committed }) => committed,
              (reason) => reason.code,
            ),
          { timeout: 30_000 },
        )
        .toBe(3);
      const body = (await saved())!;
      const back = await java.consumer(`${own}-live`, 'orders', { 'group.protocol': protocol });
      await expect(undoGroups(client, body)).rejects.toMatchObject({ code: 'GROUP_HAS_MEMBERS' });
      await expect(undoGroups(client, body, { force: true })).rejects.toMatchObject({ code: 'GROUP_HAS_MEMBERS' });
      expect(await positions('a')).toEqual([at(0, 5, 'a 0')]);
      await back.leave();
    },
  );

  it('that have been read with since are not undone, unless by force', async () => {
    await restoreGroups(input(group('moved', 105, 105), group('still', 105)));
    const consumer = await java.consumer(`${own}-moved`, 'orders');
    await consumer.take(RECORDS + 1);
    await consumer.commit();
    await consumer.leave();
    const moved = await positions('moved');
    const body = (await saved())!;
    await expect(undoGroups(client, body)).rejects.toMatchObject({
      kind: 'configuration',
      code: 'GROUP_OFFSETS_MOVED',
      message: expect.stringMatching(new RegExp(`${own}-moved on orders\\[\\d\\] has \\d+, not 5.*--force`)),
    });
    expect(await positions('moved')).toEqual(moved);
    expect(await positions('still')).toEqual([at(0, 5, 'still 0')]);
    await undoGroups(client, body, { force: true });
    // What its consumer has committed by itself, where nothing was replaced, is its own.
    expect((await positions('moved')).filter(({ partition }) => partition < 2)).toEqual([]);
    expect(await positions('still')).toEqual([]);
  });

  it('that an interrupted run has changed in part are undone as a whole', async () => {
    const groups = [group('first', 105), group('second', 105)];
    await java.commitOffsets(`${own}-first`, [at(0, 1)]);
    const plan = await planRestoredGroups(input(...groups));
    // As far as the run came: all is written down, one group committed.
    await applyGroups(client, { groups: plan.groups }, { save: stopAfterSaving }).catch(() => {});
    await java.commitOffsets(`${own}-first`, [at(0, 5, 'first 0')]);

    expect(await restoreGroups(input(...groups))).toMatchObject({ committed: 1 });
    expect(journal.keys).toHaveLength(2);
    expect(await undoGroups(client, (await saved())!)).toMatchObject({ changed: 2 });
    expect([await positions('first'), await positions('second')]).toEqual([[at(0, 1)], []]);
  });

  async function stopAfterSaving(body: GroupsReplacedBody): Promise<void> {
    await journal.append('groups-replaced', body);
    throw new Error('killed');
  }

  it('are not committed when what they were cannot be written down', async () => {
    const plan = await planRestoredGroups(input(group('unsaved', 105)));
    const save = async () => {
      throw new Error('the storage is gone');
    };
    await expect(applyGroups(client, plan, { save })).rejects.toThrow('the storage is gone');
    expect(await positions('unsaved')).toEqual([]);
  });

  it('that get a member in between are refused by their coordinator; the error says what was done', async () => {
    const plan = await planRestoredGroups(input(group('caught', 105)));
    const caught: { leave(): Promise<void> }[] = [];
    const save = async () => {
      caught.push(await java.consumer(`${own}-caught`, 'orders'));
    };
    await expect(applyGroups(client, plan, { save })).rejects.toMatchObject({
      kind: 'configuration',
      code: 'GROUP_HAS_MEMBERS',
      message: expect.stringMatching(/-caught has members: .*; 0 of 1 groups have their offsets: run again to go on/),
    });
    await caught[0]!.leave();
  });

  it('of many coordinators are all committed', async () => {
    const groups = Array.from({ length: 40 }, (_, i) => group(`many-${i}`, 100 + (i % 10)));
    expect(await restoreGroups(input(...groups))).toMatchObject({ committed: 40 });
    const coordinators = new Set(await Promise.all(groups.map(({ groupId }) => client.groupCoordinator(groupId))));
    expect(coordinators.size).toBe(brokers);
    for (const i of [0, 13, 39]) expect(await positions(`many-${i}`)).toEqual([at(0, i % 10, `many-${i} 0`)]);
    expect(await undoGroups(client, (await saved())!)).toMatchObject({ changed: 40 });
    expect(await positions('many-13')).toEqual([]);
  });

  it('that read nothing of what was restored are told, not changed', async () => {
    const elsewhere = group('elsewhere', 5);
    elsewhere.offsets[0]!.topic = 'other';
    const restored = await restoreGroups(input(elsewhere));
    expect(restored).toMatchObject({
      committed: 0,
      groups: [{ offsets: [], leftOut: [{ topic: 'other', reason: 'topic-not-restored' }] }],
      remarks: [`group ${own}-elsewhere gets no offsets: nothing that it reads was restored`],
    });
  });

  // The last one, since it leaves a broker dead.
  it.runIf(brokers === 3)('are committed at the next coordinator when theirs dies in between', async () => {
    const groups = Array.from({ length: 12 }, (_, i) => group(`orphan-${i}`, 100 + (i % 10), 125));
    const plan = await planRestoredGroups(input(...groups));
    const coordinator = await client.groupCoordinator(groups[0]!.groupId);
    const save = () => cluster.brokers[coordinator - 1]!.kill();
    expect(await applyGroups(client, plan, { save })).toEqual({ committed: 24 });
    expect(await client.groupCoordinator(groups[0]!.groupId)).not.toBe(coordinator);
    for (const i of groups.keys()) {
      expect(await positions(`orphan-${i}`)).toEqual([at(0, i % 10, `orphan-${i} 0`), at(1, 15, `orphan-${i} 1`)]);
    }
  });
});

/** The values of a partition from one record on. */
function range(partition: number, from: number): string[] {
  return Array.from({ length: RECORDS - from }, (_, i) => `${partition}:${from + i}`);
}
