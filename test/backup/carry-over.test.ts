import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readCommit, writeCommit } from '../../runtime/src/archive/commits.ts';
import { resolveSnapshot } from '../../runtime/src/archive/resolve-snapshot.ts';
import type { Snapshot } from '../../runtime/src/archive/snapshot.ts';
import { brief, TestArchive } from '../support/archive/backup.ts';
import { type KafkaCluster, startKafka } from '../support/kafka/cluster.ts';
import { type JavaClient, javaClient } from '../support/kafka/java-client.ts';

let kafka: KafkaCluster;
let client: JavaClient;
let archive: TestArchive;
beforeAll(async () => {
  kafka = await startKafka({
    config: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
    },
  });
  client = javaClient(kafka);
});
afterAll(() => kafka.stop());
beforeEach(async () => {
  archive = await TestArchive.create();
});
afterEach(() => archive.remove());

async function topic(name: string, ...values: string[]): Promise<void> {
  await client.createTopic(name);
  await send(name, ...values);
}

async function send(name: string, ...values: string[]): Promise<void> {
  const producer = await client.producer();
  await producer.send(
    name,
    values.map((value) => ({ partition: 0, value })),
  );
  await producer.close();
}

/** Commits the newest snapshot once more, as a run would have left it that had copied nothing yet. */
async function commitStopped(of: Snapshot, failed?: string): Promise<Snapshot> {
  const stopped = structuredClone(of);
  Object.assign(stopped, {
    sequence: of.sequence + 1,
    parent: of.sequence,
    kind: 'partial',
    backupId: 'stopped',
    indexes: [],
  });
  Object.assign(stopped.topics[0]!.partitions[0]!, { reached: 0, ...(failed === undefined ? {} : { failed }) });
  await writeCommit(archive.store, stopped);
  return stopped;
}

describe('a snapshot with a topic of another job', () => {
  test('is partial while that topic is, and `latest` stays what is whole', async () => {
    await topic('failing', 'a', 'b');
    await topic('sound', 'c');
    const whole = await archive.backup(kafka, ['failing']);
    await commitStopped(whole, 'its batch is damaged');
    const other = await archive.backup(kafka, ['sound']);
    expect(other).toMatchObject({ kind: 'partial', sequence: 2 });
    expect((await resolveSnapshot(archive.store, 'latest')).sequence).toBe(whole.sequence);
    // Nothing of its own is left to go on with: the next run takes a cut of its own, once.
    await send('sound', 'd');
    const { snapshots } = await archive.run(kafka, ['sound']);
    expect(snapshots.map(({ kind, added }) => [kind, added.records])).toEqual([['partial', 1]]);
    expect(await archive.backup(kafka, ['failing'])).toMatchObject({ kind: 'complete' });
  });

  test('does not go on with the cut of the other job, which finds it carried', async () => {
    await topic('theirs', 'a', 'b');
    await topic('ours', 'c');
    await commitStopped(await archive.backup(kafka, ['theirs']));
    const { snapshots } = await archive.run(kafka, ['ours'], { backupId: 'ours' });
    expect(snapshots).toMatchObject([{ backupId: 'ours', added: { records: 1 } }]);
    expect(snapshots[0]!.topics.map(({ name, asOf }) => [name, asOf?.sequence])).toEqual([
      ['ours', undefined],
      ['theirs', 1],
    ]);
    const theirs = await archive.backup(kafka, ['theirs']);
    expect(theirs.kind).toBe('complete');
    expect(brief(await archive.records(theirs, 'theirs'))).toEqual(['0:0=a', '0:1=b']);
  });

  test('keeps it although the job may not see it, and drops it once it is gone', async () => {
    await topic('hidden', 'a');
    await topic('gone', 'b');
    await topic('seen', 'c');
    const first = await archive.backup(kafka, ['hidden', 'gone']);
    const acls = (action: string) =>
      kafka.tool('org.apache.kafka.tools.AclCommand', [
        ...['--bootstrap-server', kafka.bootstrapServers[0]!, action, '--topic', 'hidden'],
        ...['--deny-principal', 'User:ANONYMOUS', '--operation', 'Describe'],
        ...(action === '--remove' ? ['--force'] : []),
      ]);
    await client.deleteTopic('gone');
    expect(await acls('--add')).toMatchObject({ code: 0 });
    const without = await archive.backup(kafka, ['seen']);
    expect(without.topics.map(({ name, asOf }) => [name, asOf?.sequence])).toEqual([
      ['hidden', first.sequence],
      ['seen', undefined],
    ]);
    expect(archive.notes).toEqual([expect.stringContaining('topic gone is in the last snapshot but no longer')]);
    expect(await acls('--remove')).toMatchObject({ code: 0 });
    expect((await archive.backup(kafka, ['hidden'])).added.records).toBe(0);
  });
});

test('a stopped cut that lies past the end of the log is given up for a new one', async () => {
  await topic('shorter', 'a', 'b');
  const stopped = await commitStopped(await archive.backup(kafka, ['shorter']));
  const beyond = { ...stopped, sequence: 2, parent: 1 };
  Object.assign(beyond.topics[0]!.partitions[0]!, { cut: 9, highWatermark: 9 });
  await writeCommit(archive.store, beyond);
  const { snapshots } = await archive.run(kafka, ['shorter'], { backupId: 'anew' });
  expect(snapshots).toMatchObject([{ kind: 'complete', backupId: 'anew' }]);
  expect((await readCommit(archive.store, 3)).topics[0]!.partitions[0]).toMatchObject({ cut: 2, reached: 2 });
});
