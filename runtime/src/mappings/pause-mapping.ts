import type { EventSourceMapping } from './lambda-api.ts';
import { shortName } from './lambda-names.ts';
import type { LambdaPlaces } from './lambda-places.ts';
import type { MappingOutcome } from './outcome.ts';
import type { MappingRecord } from './recovery.ts';

/**
 * Stops a mapping and waits until Lambda reads no more. One that is gone, though its settings are saved, reads no more either.
 * @throws MskBackupError `MAPPING_STATE`, and `MAPPING_GONE` for one that is deleted meanwhile
 */
export async function pauseMapping(
  record: MappingRecord,
  places: LambdaPlaces,
  signal?: AbortSignal,
): Promise<MappingOutcome> {
  const { saved } = record;
  const api = places.at(saved.place);
  if ((await api.get(saved.uuid, signal)) === undefined) {
    return { ...outcome(record, 'unchanged', undefined), remarks: ['it is not there any more'] };
  }
  // It may have been disabled by an earlier run.
  const before = await api.waitForState(saved.uuid, 'at rest', signal);
  if (before?.state === 'Enabled') await api.disable(saved.uuid, signal);
  const now = await api.waitForState(saved.uuid, 'Disabled', signal);
  return outcome(record, saved.enabled ? 'disabled' : 'unchanged', now);
}

/**
 * Undoes `pauseMapping`: the mapping reads again if it did before. The record is `done`.
 * @returns undefined when the mapping does not exist any more
 */
export async function enableAgain(
  record: MappingRecord,
  places: LambdaPlaces,
  signal?: AbortSignal,
): Promise<MappingOutcome | undefined> {
  const { saved } = record;
  const api = places.at(saved.place);
  if ((await api.get(saved.uuid, signal)) === undefined) return undefined;
  const before = await api.waitForState(saved.uuid, 'at rest', signal);
  if (saved.enabled && before?.state === 'Disabled') await api.enable(saved.uuid, signal);
  const now = await api.waitForState(saved.uuid, saved.enabled ? 'Enabled' : 'at rest', signal);
  record.step = 'done';
  return outcome(record, saved.enabled ? 'enabled' : 'unchanged', now);
}

function outcome(
  { saved }: MappingRecord,
  action: MappingOutcome['action'],
  now: EventSourceMapping | undefined,
): MappingOutcome {
  return {
    uuid: saved.uuid,
    newUuid: saved.uuid,
    function: shortName(saved.functionArn),
    topics: saved.topics,
    clusterArn: saved.clusterArn,
    action,
    ...(saved.consumerGroupId !== undefined && { consumerGroupId: saved.consumerGroupId }),
    ...(now !== undefined && { state: now.state }),
    remarks: [],
  };
}
