import type { Snapshot, SnapshotGroup } from '../../archive/snapshot.ts';
import type { RestoreJob } from '../../config/job.ts';
import { MskBackupError } from '../../errors.ts';
import type { PlannedOffset } from '../../groups/plan-groups.ts';
import { committedNow } from '../../groups/replaced.ts';
import { checkGroups } from '../../groups/restore-groups.ts';
import { selectGroups } from '../../groups/select-groups.ts';
import type { RestoreJournal } from '../../journal/journal.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { fetchGroupOffsets } from '../../kafka/group-offsets.ts';
import type { RestoreMappings } from '../../mappings/restore-mappings.ts';
import type { RestoreReport } from '../report/report.ts';
import type { PreparedTopic } from './plan.ts';
import { repartitionedTo } from './target-partitions.ts';

export interface GroupsToChoose {
  job: Pick<RestoreJob, 'consumerGroups' | 'repartitioning'>;
  snapshot: Pick<Snapshot, 'groups'>;
  topics: Pick<PreparedTopic, 'source' | 'target' | 'earlier'>[];
  mappings: Pick<RestoreMappings, 'groups' | 'settledGroups'>;
  journal: RestoreJournal;
  client: KafkaClient;
  signal: AbortSignal;
}

const NAMED = 5;

/**
 * The groups to commit: those of the job, and those that Lambda mappings go on with. What would be refused when the records are
 * there is refused now, before anything is written. The groups of mappings have members until those are disabled.
 * @returns with remarks for the plan
 * @throws MskBackupError kind `configuration`: `GROUP_NOT_IN_SNAPSHOT`, `GROUP_HAS_MEMBERS`, `GROUP_REPARTITIONED` when a mapping
 *   is to go on in a topic that is repartitioned
 */
export async function chooseGroups(input: GroupsToChoose): Promise<{ groups: SnapshotGroup[]; remarks: string[] }> {
  const { job, snapshot, topics, mappings, client, signal } = input;
  const chosen =
    job.consumerGroups === undefined ? { groups: [], remarks: [] } : selectGroups(snapshot.groups, job.consumerGroups);
  const settled = await settledGroups(input);
  // Settled ones too have stopped mappings, when it was the mapping that failed: Lambda goes on at the offsets that are there.
  const held = snapshot.groups.filter(({ groupId }) => mappings.groups.includes(groupId) && !settled.has(groupId));
  const own = chosen.groups.filter((group) => !held.includes(group) && !settled.has(group.groupId));
  const spread = new Set(
    topics.filter(({ target }) => repartitionedTo(job, target) !== undefined).map(({ source }) => source.name),
  );
  refuseRepartitioned(held, spread);

  const followed = new Set(topics.map(({ source }) => source.name).filter((name) => !spread.has(name)));
  const { groups } = await checkGroups({ client, snapshot: { groups: own }, patterns: [], signal }, (topic) =>
    followed.has(topic),
  );
  const remarks = [...chosen.remarks];
  if (job.consumerGroups !== undefined && (own.length > 0 || (held.length === 0 && settled.size === 0))) {
    remarks.push(
      `${groups.length} consumer ${groups.length === 1 ? 'group' : 'groups'} will stand at the same records as at the cut`,
    );
  }
  remarks.push(...remarkOnSettled(chosen.groups.filter(({ groupId }) => settled.has(groupId))));
  return { groups: snapshot.groups.filter((group) => own.includes(group) || held.includes(group)), remarks };
}

/**
 * Groups that have their offsets from an earlier run of this restore. Their consumers may have read since: committing again
 * would make them read that twice. A group whose offsets are gone, by `groups undo` say, is none of them.
 */
async function settledGroups({ journal, topics, mappings, client, signal }: GroupsToChoose): Promise<Set<string>> {
  const there = new Set(topics.filter(({ earlier }) => earlier !== undefined).map(({ target }) => target));
  const committed = new Map<string, PlannedOffset[]>();
  for (const { body } of await journal.all<RestoreReport>('report')) {
    for (const { groupId, offsets } of body.groups?.groups ?? []) {
      if (offsets.length > 0 && offsets.every(({ topic }) => there.has(topic))) committed.set(groupId, offsets);
    }
  }
  const ids = [...committed.keys()];
  const now = committedNow(await fetchGroupOffsets(client, ids, signal));
  const stand = ids.filter((id) =>
    committed.get(id)!.every(({ topic, partition }) => now(id, topic, partition) !== undefined),
  );
  return new Set([...mappings.settledGroups, ...stand]);
}

function remarkOnSettled(groups: SnapshotGroup[]): string[] {
  if (groups.length === 0) return [];
  const named = groups.slice(0, NAMED).map(({ groupId }) => groupId);
  const more = groups.length > NAMED ? ` and ${groups.length - NAMED} more` : '';
  return [
    `left alone, since an earlier run of this restore has committed their offsets: group ${named.join(', ')}${more}; msk-backup groups apply commits them again`,
  ];
}

function refuseRepartitioned(held: SnapshotGroup[], spread: ReadonlySet<string>): void {
  for (const group of held) {
    const topic = [...spread].find((name) => reads(group, name));
    if (topic === undefined) continue;
    throw new MskBackupError(
      'configuration',
      'GROUP_REPARTITIONED',
      `a Lambda mapping is to go on at the offsets of group ${group.groupId}, but topic ${topic} is repartitioned, which leaves none: use restore.lambda.strategy: reset, or leave restore.repartitioning out`,
    );
  }
}

function reads({ offsets }: SnapshotGroup, name: string): boolean {
  return offsets.some(({ topic }) => topic === name);
}
