import { hasCode } from '../../errors.ts';
import { mapOfRestore } from '../../groups/map-of.ts';
import { type RestoredGroups, restoreGroups } from '../../groups/restore-groups.ts';
import type { OffsetsBody } from '../../journal/offset-map-object.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { Patience } from '../../kafka/retry.ts';
import type { MappingOutcome } from '../../mappings/outcome.ts';
import type { RestoreMappings } from '../../mappings/restore-mappings.ts';
import type { RunContext } from '../../observe/run-context.ts';
import type { PreparedRestore } from './prepare-restore.ts';

/** Lambda's pollers leave their group a while after the mapping is disabled: a session of Kafka's consumers lasts 45 s. */
const MEMBERS_PATIENCE_MS = 120_000;

/** Of a restore that has none. */
export const NO_MAPPINGS: RestoreMappings = {
  groups: [],
  settledGroups: [],
  plan: [],
  pause: async () => {},
  goOn: async () => [],
  giveUp: () => [],
  close() {},
};

/** What has become of the consumers of the restored topics. */
export interface ConsumersOutcome {
  groups?: RestoredGroups;
  mappings?: MappingOutcome[];
}

/**
 * Commits the groups and lets Lambda go on, now that the records are there.
 * @param outcome gets what was done, as soon as it is done: a later run must know, also when the rest fails
 */
export async function putConsumersBack(
  { journal, groups, mappings }: PreparedRestore,
  offsets: OffsetsBody,
  outcome: ConsumersOutcome,
  client: KafkaClient,
  { signal, progress }: RunContext,
): Promise<void> {
  if (groups.length > 0) {
    const patience = new Patience(signal, mappings.groups.length > 0 ? MEMBERS_PATIENCE_MS : 0);
    const mapOf = mapOfRestore(offsets);
    while (outcome.groups === undefined) {
      try {
        outcome.groups = await restoreGroups({ client, snapshot: { groups }, patterns: [], mapOf, journal, signal });
      } catch (error) {
        if (!hasCode(error, 'GROUP_HAS_MEMBERS') || !(await patience.pause())) throw error;
      }
    }
    for (const remark of outcome.groups.remarks) progress.note('info', remark);
  }
  const moved = await mappings.goOn();
  if (moved.length > 0) outcome.mappings = moved;
}
