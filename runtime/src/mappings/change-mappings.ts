import { MskBackupError } from '../errors.ts';
import { checkTargets } from './check-targets.ts';
import { eachMapping } from './each-mapping.ts';
import { findMappings, type MappingChoice } from './find-mappings.ts';
import type { LambdaPlace } from './lambda-api.ts';
import type { LambdaPlaces } from './lambda-places.ts';
import { type MappingWish, targetOf } from './mapping-target.ts';
import { type MovingRecord, moveMapping } from './move-mapping.ts';
import type { MappingOutcome } from './outcome.ts';
import { enableAgain, pauseMapping } from './pause-mapping.ts';
import { isUnfinished, type MappingRecord, Recovery, readRecoveryFile } from './recovery.ts';
import { type SavedMapping, saveMapping } from './saved-mapping.ts';

/** The settings of the mappings that are meant. @throws what `findMappings` and `saveMapping` throw */
export async function saveChosen(
  choice: MappingChoice,
  place: LambdaPlace,
  places: LambdaPlaces,
  signal?: AbortSignal,
): Promise<SavedMapping[]> {
  const api = places.at(place);
  const found = findMappings(await places.all(place, signal), choice, undefined, api.where);
  return eachMapping(
    found,
    ({ uuid }) => saveMapping(api, uuid, place, signal),
    () => 'nothing was changed',
  );
}

/** Writes settings down without changing a mapping. */
export async function keepSettings(saved: readonly SavedMapping[], file: string): Promise<void> {
  await refuseUnfinished(file);
  await Recovery.inFile(file).write(saved.map((it) => ({ saved: it, step: 'saved' })));
}

/** Disables mappings, with their settings in the file, and waits until Lambda reads no more. */
export async function pauseMappings(
  saved: readonly SavedMapping[],
  file: string,
  places: LambdaPlaces,
  signal?: AbortSignal,
): Promise<MappingOutcome[]> {
  await keepSettings(saved, file);
  const records = saved.map((it): MappingRecord => ({ saved: it, step: 'saved' }));
  return eachMapping(
    records,
    (record) => pauseMapping(record, places, signal),
    () => Recovery.inFile(file).hint,
  );
}

/**
 * Lets mappings read again, all but those that are `done`. `resume` without any other wish finishes what was begun, else enables a
 * mapping as it was, or makes it again where it is gone; everything else deletes it and makes it again.
 * @param records all that the file holds; the chosen ones are brought up to date, in the file too
 */
export async function goOnWith(
  records: MappingRecord[],
  chosen: MappingRecord[],
  wish: MappingWish,
  file: string,
  places: LambdaPlaces,
  signal?: AbortSignal,
): Promise<MappingOutcome[]> {
  const open = chosen.filter(isUnfinished);
  const plain =
    wish.strategy === 'resume' && Object.entries(wish).every(([key, it]) => key === 'strategy' || it === undefined);
  for (const record of open) {
    if (!plain) record.target = targetOf(record.saved, wish);
    else if (record.step === 'saved') delete record.target;
  }
  await checkTargets(open, places, signal);
  const recovery = Recovery.inFile(file);
  await recovery.write(records);
  const work = async (record: MappingRecord) => {
    if (record.target === undefined) {
      const outcome = await enableAgain(record, places, signal);
      if (outcome !== undefined) {
        await recovery.write(records);
        return outcome;
      }
      record.target = targetOf(record.saved, { strategy: 'resume' });
    }
    return moveMapping(record as MovingRecord, places, () => recovery.write(records), signal);
  };
  return eachMapping(open, work, () => recovery.hint);
}

/** A file with mappings that are not put right yet is the only place where their settings are. */
export async function refuseUnfinished(file: string): Promise<void> {
  const open = (await readRecoveryFile(file))?.mappings.filter(isUnfinished) ?? [];
  if (open.length === 0) return;
  throw new MskBackupError(
    'configuration',
    'RECOVERY_FILE_TAKEN',
    `${file} holds the settings of event source mappings that have not gone on yet (${open.map(({ saved }) => saved.uuid).join(', ')}): ` +
      `msk-backup esm resume --from ${file}, or name another file with --file`,
  );
}
