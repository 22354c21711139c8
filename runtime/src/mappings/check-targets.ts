import { MskBackupError } from '../errors.ts';
import { mappingName } from './lambda-api.ts';
import type { LambdaPlaces } from './lambda-places.ts';
import { isMappingOf } from './mapping-target.ts';
import { describeMapping } from './outcome.ts';
import type { MappingRecord, MappingTarget } from './recovery.ts';

/**
 * Refuses, before anything is deleted, what Lambda would refuse afterwards.
 * @throws MskBackupError kind `configuration`: `MAPPINGS_COLLIDE` when two mappings would become the same, `MAPPING_EXISTS` when
 *   the function reads the topic there already, `MAPPING_GROUP_TAKEN` when another mapping reads with the group
 */
export async function checkTargets(
  records: readonly MappingRecord[],
  places: LambdaPlaces,
  signal?: AbortSignal,
): Promise<void> {
  const leaving = new Set(records.filter(({ target }) => !target?.keepOld).map(({ saved }) => saved.uuid));
  const seen = new Map<string, MappingRecord>();
  for (const record of records) {
    const { target, saved, step } = record;
    if (target === undefined || step !== 'saved') continue;
    const twin = seen.get(identity(target));
    if (twin !== undefined) {
      throw refusal(
        'MAPPINGS_COLLIDE',
        `${mappingName(twin.saved.uuid)} and ${saved.uuid} would both become ${describeMapping(record)}: name the one that is to go on by its uuid, and delete the other`,
      );
    }
    seen.set(identity(target), record);
    const sharer = records.find(({ target: it }) => it !== target && it?.consumerGroupId === target.consumerGroupId);
    if (target.consumerGroupId !== undefined && sharer !== undefined) {
      throw refusal(
        'MAPPING_GROUP_TAKEN',
        `${mappingName(sharer.saved.uuid)} and ${saved.uuid} would both read with the consumer group ${target.consumerGroupId}, and Lambda allows a group once: name one of them by its uuid`,
      );
    }
    const others = (await places.all(target.place, signal)).filter(({ uuid }) => !leaving.has(uuid));
    const existing = others.find((other) => isMappingOf(other, target));
    if (existing !== undefined) {
      throw refusal(
        'MAPPING_EXISTS',
        `${mappingName(existing.uuid)} is there already as ${describeMapping(record)}, which ${saved.uuid} is to become: delete one of them, or name the existing one`,
      );
    }
    const { consumerGroupId } = target;
    const holder = others.find((other) => consumerGroupId !== undefined && other.consumerGroupId === consumerGroupId);
    if (holder !== undefined) {
      throw refusal(
        'MAPPING_GROUP_TAKEN',
        `${mappingName(holder.uuid)} reads with the consumer group ${consumerGroupId}, with which ${describeMapping(record)} is to go on: Lambda allows a group once; delete that mapping`,
      );
    }
  }
}

function identity({ functionName, clusterArn, topics }: MappingTarget): string {
  return [functionName, clusterArn, ...topics].join(' ');
}

function refusal(code: string, message: string): MskBackupError {
  return new MskBackupError('configuration', code, message);
}
