import type { LambdaMapping } from '../config/job.ts';
import { hasCode, MskBackupError } from '../errors.ts';
import type { Progress } from '../observe/progress.ts';
import { checkTargets } from './check-targets.ts';
import { eachMapping } from './each-mapping.ts';
import { findMappings } from './find-mappings.ts';
import { type EventSourceMapping, mappingName } from './lambda-api.ts';
import { namesFunction, regionOfArn, shortName } from './lambda-names.ts';
import { LambdaPlaces, placeOf } from './lambda-places.ts';
import { isMappingOf, targetOf } from './mapping-target.ts';
import { isMadeBy, type MovingRecord, moveMapping } from './move-mapping.ts';
import { describeMapping, type MappingOutcome } from './outcome.ts';
import { pauseMapping } from './pause-mapping.ts';
import {
  isUnfinished,
  type KeepRecovery,
  type MappingRecord,
  type MappingTarget,
  Recovery,
  type RecoveryBody,
} from './recovery.ts';
import { type SavedMapping, saveMapping } from './saved-mapping.ts';

export interface RestoreMappingsOptions {
  /** What is restored, by its name at the source and at the target. A mapping that reads neither is not touched. */
  topics: readonly { source: string; target: string }[];
  /** Groups of the snapshot: a mapping goes on by `resume` only where its group is among them. */
  snapshotGroups: readonly string[];
  /** Keeps the settings in the restore's journal, as an entry `mappings`. Called one at a time, before each change. */
  save: KeepRecovery;
  /** What an earlier run of this restore gave to `save` last, and where it is: its mappings are gone on with. */
  earlier?: { body: RecoveryBody; place: string };
  /**
   * Topics are filled from the start again, so what an earlier run has let go on is to be stopped and moved once more. Default
   * false.
   */
  anew?: boolean;
  progress: Progress;
  signal?: AbortSignal;
}

/** The Lambda event source mappings of a restore. Nothing is changed before `pause`. */
export interface RestoreMappings {
  /** Consumer groups whose offsets have to be committed at the target before `goOn`, those of `resume`. */
  groups: string[];
  /** Groups of `resume` whose offsets an earlier run has committed: Lambda may read with them already. */
  settledGroups: string[];
  /** What is going to be done, for plans: a line each. */
  plan: string[];
  /** Disables the mappings and waits until Lambda reads no more: before the first record is written. */
  pause(): Promise<void>;
  /** Makes them again at the target: after the records and the groups' offsets are there. */
  goOn(): Promise<MappingOutcome[]>;
  /** What to tell when the restore fails in between: a line each, none when nothing has been changed. */
  giveUp(): string[];
  close(): void;
}

/**
 * Finds the mappings of a restore and saves their settings.
 * @throws MskBackupError kind `configuration`: `MAPPING_NOT_FOUND`, `MAPPING_GROUP_UNKNOWN` when the snapshot has no offsets of the
 *   group that a mapping is to go on with, and what `saveMapping`, `targetOf` and `checkTargets` throw; errors of Lambda
 *   (`lambdaError`)
 */
export async function openMappings(
  wishes: readonly LambdaMapping[],
  options: RestoreMappingsOptions,
): Promise<RestoreMappings> {
  const places = new LambdaPlaces();
  try {
    const earlier = structuredClone(options.earlier?.body.mappings) ?? [];
    const made = options.anew ? await madeInPlaceOf(earlier, places, options.signal) : new Map<string, string>();
    const records = earlier.filter(({ saved }) => !made.has(saved.uuid));
    for (const given of wishes) {
      // The configuration may name a mapping by what it was before it was made again.
      const uuid = made.get(given.uuid?.toLowerCase() ?? '') ?? given.uuid;
      const wish = { ...given, ...(uuid !== undefined && { uuid }) };
      records.push(...(await recordsOf(wish, records, places, options)));
    }
    await checkTargets(records, places, options.signal);
    return new OpenMappings(records, places, options);
  } catch (error) {
    places.close();
    throw error;
  }
}

/** By the UUIDs of old mappings those in their place, also where the process died before it knew. */
async function madeInPlaceOf(
  records: readonly MappingRecord[],
  places: LambdaPlaces,
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const made = new Map<string, string>();
  for (const record of records.filter(({ step }) => step !== 'saved') as MovingRecord[]) {
    const { saved, target, newUuid } = record;
    const uuid = newUuid ?? (await places.all(target.place, signal)).find((it) => isMadeBy(record, it))?.uuid;
    if (uuid !== undefined) made.set(saved.uuid, uuid);
  }
  return made;
}

class OpenMappings implements RestoreMappings {
  readonly #records: MappingRecord[];
  readonly #places: LambdaPlaces;
  readonly #options: RestoreMappingsOptions;
  readonly #recovery: Recovery;
  #changed: boolean;

  constructor(records: MappingRecord[], places: LambdaPlaces, options: RestoreMappingsOptions) {
    this.#records = records;
    this.#places = places;
    this.#options = options;
    this.#recovery = new Recovery(options.save, options.earlier?.place);
    this.#changed = options.earlier !== undefined && records.some(isUnfinished);
  }

  get groups(): string[] {
    return groupsOf(this.#records.filter((record) => this.#needsOffsets(record)));
  }

  get settledGroups(): string[] {
    return groupsOf(this.#records.filter((record) => !this.#needsOffsets(record)));
  }

  get plan(): string[] {
    return this.#records.filter(isUnfinished).map((record) => {
      const { saved, target } = record;
      const from =
        target?.strategy === 'resume'
          ? `goes on at the offsets of ${target.consumerGroupId}`
          : `reads from ${target?.startingTimestamp === undefined ? 'the start' : new Date(target.startingTimestamp).toISOString()}`;
      const off = saved.enabled ? '' : '; it is disabled and stays so';
      return `${mappingName(saved.uuid)} is made again as ${describeMapping(record)} and ${from}${off}`;
    });
  }

  async pause(): Promise<void> {
    const paused = this.#records.filter(({ step }) => step === 'saved');
    if (paused.length === 0) return;
    const { signal, progress } = this.#options;
    await this.#write();
    this.#changed = true;
    const work = async (record: MappingRecord) => {
      const { state = 'not there any more' } = await pauseMapping(record, this.#places, signal);
      progress.note('info', `${mappingName(record.saved.uuid)} (${shortName(record.saved.functionArn)}) is ${state}`);
    };
    progress.note('info', `stopping ${count(paused)}, which may take Lambda some minutes`);
    await eachMapping(paused, work, () => this.#recovery.hint);
  }

  async goOn(): Promise<MappingOutcome[]> {
    const { signal, progress } = this.#options;
    const work = async (record: MovingRecord) => {
      const outcome = await moveMapping(record, this.#places, () => this.#write(), signal);
      progress.note('info', `${mappingName(outcome.uuid)} is ${outcome.newUuid} now (${describeMapping(record)})`);
      for (const remark of outcome.remarks) progress.note('warn', `${mappingName(outcome.uuid)}: ${remark}`);
      return outcome;
    };
    const open = this.#records.filter(isUnfinished) as MovingRecord[];
    if (open.length > 0) progress.note('info', `making ${count(open)} again, which may take Lambda some minutes`);
    return eachMapping(open, work, () => this.#recovery.hint);
  }

  giveUp(): string[] {
    const open = this.#changed ? this.#records.filter(isUnfinished) : [];
    if (open.length === 0) return [];
    return [
      ...open.map((record) => `${mappingName(record.saved.uuid)} (${describeMapping(record)}) is stopped`),
      `Lambda goes on when the restore is run again and ends well; to put back what is stopped without it, ${this.#recovery.hint}`,
    ];
  }

  close(): void {
    this.#places.close();
  }

  /** A mapping is moved only when the offsets are there. */
  #needsOffsets({ step }: MappingRecord): boolean {
    return step === 'saved' || (step === 'moving' && this.#options.anew === true);
  }

  #write(): Promise<void> {
    return this.#recovery.write(this.#records);
  }
}

/** Groups with which mappings go on. */
function groupsOf(records: readonly MappingRecord[]): string[] {
  const groups = records
    .filter(({ target }) => target?.strategy === 'resume')
    .map(({ target }) => target?.consumerGroupId);
  return [...new Set(groups.filter((it) => it !== undefined))];
}

function count({ length }: readonly unknown[]): string {
  return length === 1 ? 'an event source mapping' : `${length} event source mappings`;
}

/** The mappings that a part of the configuration means, as far as no earlier run has saved them. */
async function recordsOf(
  wish: LambdaMapping,
  known: readonly MappingRecord[],
  places: LambdaPlaces,
  options: RestoreMappingsOptions,
): Promise<MappingRecord[]> {
  const { topics, progress, signal } = options;
  const mine = known.filter((record) => isMeant(wish, record));
  // The configuration may have changed since; what is being made again already stays as it was begun.
  for (const record of mine) if (record.step === 'saved') record.target = wishedTarget(record.saved, wish, options);
  if (wish.uuid !== undefined && mine.length > 0) return [];

  const place = placeOf(wish);
  const { where } = places.at(place);
  let found: EventSourceMapping[];
  try {
    const reads = new Set(topics.flatMap(({ source, target }) => [source, target]));
    found = findMappings(await places.all(place, signal), wish, reads, where);
  } catch (error) {
    if (mine.length > 0 && hasCode(error, 'MAPPING_NOT_FOUND')) return [];
    const elsewhere = wish.clusterArn !== undefined && regionOfArn(wish.clusterArn) !== place.region;
    if (!elsewhere || !hasCode(error, 'LAMBDA_UNREACHABLE')) throw error;
    const what = wish.uuid === undefined ? `mappings of ${wish.functionName}` : mappingName(wish.uuid);
    progress.note(
      'warn',
      `${what}: left out, since Lambda in ${where} cannot be reached; after the restore they can be made again from saved settings: ` +
        `msk-backup esm ${wish.strategy} --from FILE --cluster-arn ${wish.clusterArn}`,
    );
    return [];
  }
  const records: MappingRecord[] = [];
  for (const mapping of found) {
    if (known.some((record) => isOf(record, mapping))) continue;
    const { uuid } = mapping;
    const saved = await saveMapping(places.at(place), uuid, place, signal);
    records.push({ saved, target: wishedTarget(saved, wish, options), step: 'saved' });
  }
  return records;
}

function isMeant({ uuid, functionName }: LambdaMapping, { saved, newUuid }: MappingRecord): boolean {
  if (uuid === undefined) return functionName !== undefined && namesFunction(functionName, saved.functionArn);
  return [saved.uuid, newUuid].includes(uuid.toLowerCase());
}

/** Whether a mapping is the one of a record: as it was, or as it was made again, even where the answer to that was lost. */
function isOf({ saved, newUuid, step, target }: MappingRecord, mapping: EventSourceMapping): boolean {
  if ([saved.uuid, newUuid].includes(mapping.uuid)) return true;
  return step === 'moving' && target !== undefined && isMappingOf(mapping, target);
}

function wishedTarget(saved: SavedMapping, wish: LambdaMapping, options: RestoreMappingsOptions): MappingTarget {
  const { strategy, clusterArn, consumerGroup, startingTimestamp } = wish;
  const topicNames = new Map(options.topics.map(({ source, target }) => [source, target]));
  const target = targetOf(
    saved,
    { strategy, clusterArn, consumerGroup, startingTimestamp, topicNames },
    options.snapshotGroups,
  );
  if (strategy === 'resume') refuseUnknownGroup(saved.uuid, target, options.snapshotGroups);
  return target;
}

function refuseUnknownGroup(uuid: string, { consumerGroupId }: MappingTarget, snapshotGroups: readonly string[]): void {
  if (consumerGroupId !== undefined && snapshotGroups.includes(consumerGroupId)) return;
  throw new MskBackupError(
    'configuration',
    'MAPPING_GROUP_UNKNOWN',
    `${mappingName(uuid)}: the snapshot has no offsets of its consumer group ${consumerGroupId}, so that it cannot go on there: ` +
      'name the group whose offsets it is to take (restore.lambda.consumer_group), or use strategy: reset',
  );
}
