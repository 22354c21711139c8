import { readConfiguration } from '../config/read-configuration.ts';
import { MskBackupError } from '../errors.ts';
import { refuseUnfinished, saveChosen } from '../mappings/change-mappings.ts';
import { type LambdaPlaces, placeOf } from '../mappings/lambda-places.ts';
import { isJournalEntry, type MappingRecord, parseRecovery } from '../mappings/recovery.ts';
import type { EsmChangeOptions, EsmOptions } from './esm-commands.ts';

const DEFAULT_FILE = 'esm-mappings.json';

/** @throws MskBackupError kind `usage`: a change is never made to all mappings because nothing was named */
export function requireChoice(options: EsmOptions): { uuid?: string; functionName?: string } {
  const { uuid, function: functionName } = options;
  if ((uuid === undefined) !== (functionName === undefined)) return { uuid, functionName };
  throw new MskBackupError('usage', 'USAGE', 'name the mappings: either --function NAME or --uuid UUID');
}

/**
 * The mappings that a change is for, as they are or from saved settings, of which `records` are all, and the file where their
 * settings are kept. With saved settings, region and endpoint say where the mappings were.
 */
export async function mappingsToChange(
  options: EsmChangeOptions,
  places: LambdaPlaces,
  signal: AbortSignal,
): Promise<{ records: MappingRecord[]; chosen: MappingRecord[]; file: string }> {
  const { from } = options;
  if (from === undefined) {
    const choice = requireChoice(options);
    const file = options.file ?? DEFAULT_FILE;
    await refuseUnfinished(file);
    const saved = await saveChosen(choice, placeOf({ ...options, ...choice }), places, signal);
    const records = saved.map((it): MappingRecord => ({ saved: it, step: 'saved' }));
    return { records, chosen: records, file };
  }
  const { text, file: name } = await readConfiguration(from, { env: process.env });
  const { mappings } = parseRecovery(text, name);
  const { uuid } = options;
  const chosen = mappings.filter(({ saved }) => uuid === undefined || saved.uuid === uuid);
  if (chosen.length === 0) {
    throw new MskBackupError('configuration', 'MAPPING_NOT_FOUND', `${name} holds no event source mapping ${uuid}`);
  }
  for (const { saved } of chosen) {
    const { region = saved.place.region, endpoint = saved.place.endpoint } = options;
    saved.place = { ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }) };
  }
  const rewritable = from !== '-' && !from.startsWith('s3://') && !isJournalEntry(text);
  const file = options.file ?? (rewritable ? from : DEFAULT_FILE);
  if (file !== from) await refuseUnfinished(file);
  return { records: mappings, chosen, file };
}
