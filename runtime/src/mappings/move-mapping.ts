import type { CreateEventSourceMappingRequest } from '@aws-sdk/client-lambda';
import { hasCode } from '../errors.ts';
import type { EventSourceMapping, LambdaApi } from './lambda-api.ts';
import { regionOfArn, shortName } from './lambda-names.ts';
import type { LambdaPlaces } from './lambda-places.ts';
import { isMappingOf, targetRemarks } from './mapping-target.ts';
import type { MappingOutcome } from './outcome.ts';
import type { MappingRecord, MappingTarget } from './recovery.ts';
import { toCreateInput } from './saved-mapping.ts';

/** A record with a target: the mapping is to be made again. */
export type MovingRecord = MappingRecord & { target: MappingTarget };

/**
 * Deletes a mapping and makes it again by its record's target; `record` goes from `saved` to `done`. Done again after it was
 * broken off anywhere, it goes on: a mapping that is gone stays gone, one that was made already is taken.
 * @param written makes what the record says now durable
 * @throws MskBackupError what Lambda refuses, and `MAPPING_STATE` when the new mapping does not come to read
 */
export async function moveMapping(
  record: MovingRecord,
  places: LambdaPlaces,
  written: () => Promise<void>,
  signal?: AbortSignal,
): Promise<MappingOutcome> {
  const { saved, target } = record;
  const again = record.step === 'moving';
  if (!again) {
    record.step = 'moving';
    await written();
  }
  const remarks = targetRemarks(saved, target);
  // The group must be unique among Lambda's mappings, and a function reads a topic of a cluster once: the old one goes first.
  if (!target.keepOld) remarks.push(...(await deleteOld(record, places, signal)));

  const api = places.at(target.place);
  const position = target.startingTimestamp === undefined ? 'TRIM_HORIZON' : 'AT_TIMESTAMP';
  const input = toCreateInput(saved, { ...target, startingPosition: position, enabled: saved.enabled });
  const earlier = again ? await findMade(api, record, signal) : undefined;
  const made = earlier ?? (await create(api, input, record, signal));
  record.newUuid = made.uuid;
  record.step = 'done';
  await written();

  const now = await api.waitForState(made.uuid, saved.enabled ? 'Enabled' : 'Disabled', signal, false);
  if (now?.lastProcessingResult?.startsWith('PROBLEM')) remarks.push(`Lambda says: ${now.lastProcessingResult}`);
  const group = now?.consumerGroupId ?? target.consumerGroupId;
  return {
    uuid: saved.uuid,
    newUuid: made.uuid,
    function: shortName(target.functionName),
    topics: target.topics,
    clusterArn: target.clusterArn,
    action: 'made',
    strategy: target.strategy,
    ...(group !== undefined && { consumerGroupId: group }),
    ...(now !== undefined && { state: now.state }),
    remarks,
  };
}

/** @returns a remark when the old mapping's region is away, which is why one restores elsewhere */
async function deleteOld(
  { saved, target }: MovingRecord,
  places: LambdaPlaces,
  signal?: AbortSignal,
): Promise<string[]> {
  const home = places.at(saved.place);
  try {
    await home.delete(saved.uuid, signal);
    await home.waitForState(saved.uuid, 'gone', signal);
    return [];
  } catch (error) {
    const elsewhere = regionOfArn(saved.functionArn) !== regionOfArn(target.functionName);
    if (!elsewhere || !hasCode(error, 'LAMBDA_UNREACHABLE')) throw error;
    return [
      `the old mapping ${saved.uuid} was not deleted, since Lambda in ${home.where} cannot be reached: delete it there`,
    ];
  }
}

/** Makes the mapping. A request that was repeated, since its answer was lost, finds that it is there. */
async function create(
  api: LambdaApi,
  input: CreateEventSourceMappingRequest,
  record: MovingRecord,
  signal?: AbortSignal,
): Promise<EventSourceMapping> {
  try {
    return await api.create(input, signal);
  } catch (error) {
    const made = hasCode(error, 'LAMBDA_CONFLICT') ? await findMade(api, record, signal) : undefined;
    if (made === undefined) throw error;
    return made;
  }
}

async function findMade(
  api: LambdaApi,
  record: MovingRecord,
  signal?: AbortSignal,
): Promise<EventSourceMapping | undefined> {
  const mappings = await api.list({ eventSourceArn: record.target.clusterArn }, signal);
  return mappings.find((it) => isMadeBy(record, it));
}

/**
 * Whether a mapping is the one that an earlier attempt made. There was none like it before (`checkTargets`), so there is no
 * mistaking it.
 */
export function isMadeBy({ saved, target }: MovingRecord, mapping: EventSourceMapping): boolean {
  return (
    mapping.uuid !== saved.uuid &&
    mapping.state !== 'Deleting' &&
    isMappingOf(mapping, target) &&
    (target.consumerGroupId === undefined || mapping.consumerGroupId === target.consumerGroupId)
  );
}
