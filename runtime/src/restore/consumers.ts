import type { Snapshot } from '../archive/snapshot.ts';
import { hasCode } from '../errors.ts';
import { mapOfRestore } from '../groups/map-of.ts';
import { checkGroups, type RestoredGroups, restoreGroups } from '../groups/restore-groups.ts';
import type { OffsetsBody } from '../journal/offset-map-object.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { Patience } from '../kafka/retry.ts';
import type { MappingOutcome } from '../mappings/outcome.ts';
import type { RestoreMappings } from '../mappings/restore-mappings.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { PreparedRestore } from './prepare-restore.ts';

/** Lambda's pollers leave their group a while after the mapping is disabled: a session of Kafka's consumers lasts 45 s. */
const MEMBERS_PATIENCE_MS = 120_000;

/** Of a restore that has none. */
export const NO_MAPPINGS: RestoreMappings = {
  groups: [],
  plan: [],
  pause: async () => {},
  goOn: async () => [],
  giveUp: () => [],
  close() {},
};

/** Ids and patterns of the groups to commit: those of the job, and those that Lambda mappings go on with. */
export function groupsToRestore(wanted: string[] | undefined, mappings: RestoreMappings): string[] | undefined {
  if (mappings.groups.length === 0 || wanted?.length === 0) return wanted;
  return [...new Set([...(wanted ?? []), ...mappings.groups])];
}

/**
 * Refuses before anything is written what would be refused when the records are there. Groups of Lambda mappings have members
 * until those are disabled: they are left out.
 * @param restored source names of the topics that are restored
 * @returns remarks
 */
export async function checkConsumers(
  patterns: string[] | undefined,
  mappings: RestoreMappings,
  snapshot: Snapshot,
  restored: Set<string>,
  client: KafkaClient,
  { signal }: RunContext,
): Promise<string[]> {
  if (patterns === undefined) return [];
  const free = { groups: snapshot.groups.filter(({ groupId }) => !mappings.groups.includes(groupId)) };
  const own = patterns.filter((pattern) => !mappings.groups.includes(pattern));
  if (patterns.length > 0 && own.length === 0) return [];
  const { groups, remarks } = await checkGroups({ client, snapshot: free, patterns: own, signal }, (topic) =>
    restored.has(topic),
  );
  return [
    `${groups.length} consumer ${groups.length === 1 ? 'group' : 'groups'} will stand at the same records as at the cut`,
    ...remarks,
  ];
}

/** Commits the groups and lets Lambda go on, now that the records are there. */
export async function putConsumersBack(
  { snapshot, journal, groups, mappings }: PreparedRestore,
  offsets: OffsetsBody,
  client: KafkaClient,
  { signal, progress }: RunContext,
): Promise<{ groups?: RestoredGroups; mappings?: MappingOutcome[] }> {
  const outcome: { groups?: RestoredGroups; mappings?: MappingOutcome[] } = {};
  if (groups !== undefined) {
    const patience = new Patience(signal, mappings.groups.length > 0 ? MEMBERS_PATIENCE_MS : 0);
    const mapOf = mapOfRestore(offsets);
    while (outcome.groups === undefined) {
      try {
        outcome.groups = await restoreGroups({ client, snapshot, patterns: groups, mapOf, journal, signal });
      } catch (error) {
        if (!hasCode(error, 'GROUP_HAS_MEMBERS') || !(await patience.pause())) throw error;
      }
    }
    for (const remark of outcome.groups.remarks) progress.note('info', remark);
  }
  const moved = await mappings.goOn();
  if (moved.length > 0) outcome.mappings = moved;
  return outcome;
}
