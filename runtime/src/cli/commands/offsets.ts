import { readFile } from 'node:fs/promises';
import { MskBackupError } from '../../errors.ts';
import type { OffsetsBody } from '../../journal/offset-map-object.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { archiveIdOf, findRestore, withRestores } from '../find-restore.ts';
import { lookUp, type MappedPartition, mappedPartitions, type Side } from '../look-up-offsets.ts';
import { lookupCsv, lookupTable, rangeCsv, rangesOf, rangeTable } from '../offsets-text.ts';
import type { CommonOptions } from '../options.ts';
import { facts } from '../output.ts';
import { readJob } from '../read-job.ts';
import type { Run } from '../run.ts';

interface Options extends CommonOptions {
  restore?: string;
  map?: string;
  topic?: string;
  partition?: number;
  source?: number[];
  target?: number[];
  format: 'text' | 'json' | 'csv';
}

/** `offsets`: looks offsets up in the map of a restore, or prints its ranges. */
export async function execute({ options, log, print }: Run<Options>): Promise<number> {
  const { topic, partition, format } = options;
  const side: Side = options.target === undefined ? 'source' : 'target';
  const asked = options[side];
  if (asked !== undefined && (topic === undefined || partition === undefined)) {
    throw new MskBackupError(
      'usage',
      'USAGE',
      `--${side} needs --topic and --partition; see msk-backup offsets --help`,
    );
  }
  const map = options.map === undefined ? await mapOfRestore({ options, log }) : await savedMap(options.map);
  const partitions = mappedPartitions(map, side, { topic, partition });
  const withoutMap = topic === undefined ? map.topics.filter((of) => of.repartitioned).map(({ target }) => target) : [];
  const lookups = asked && partitions.flatMap((of) => lookUp(of, side, asked));
  const result = {
    restore: headOf(map),
    ...(lookups === undefined ? { partitions: partitions.map(toJson) } : { lookups }),
    ...(withoutMap.length > 0 && { repartitioned: withoutMap }),
  };
  print(result, () => {
    if (format === 'json') return JSON.stringify(result, null, 2);
    if (format === 'csv') return lookups === undefined ? rangeCsv(partitions) : lookupCsv(lookups);
    return [
      headText(map),
      lookups === undefined ? rangeTable(partitions) : lookupTable(lookups),
      ...(withoutMap.length > 0 ? [`without a map, because repartitioned: ${withoutMap.join(', ')}`] : []),
    ].join('\n\n');
  });
  return EXIT_CODES.ok;
}

async function mapOfRestore({ options, log }: Pick<Run<Options>, 'options' | 'log'>): Promise<OffsetsBody> {
  const job = await readJob(options, 'restore', log);
  const choice =
    options.restore === undefined ? { archiveId: await archiveIdOf(job), job } : { restoreId: options.restore };
  return withRestores(job, async (store) => (await findRestore(store, choice)).offsets);
}

/** An `offsets` entry of a journal that was copied to a file. */
async function savedMap(file: string): Promise<OffsetsBody> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw invalid(file, (cause as Error).message, cause);
  }
  let entry: { kind?: unknown; body?: OffsetsBody } | null;
  try {
    entry = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, 'it is not JSON', cause);
  }
  if (entry?.kind === 'offsets' && Array.isArray(entry.body?.topics)) return entry.body;
  throw invalid(file, 'it is no object NUMBER-offsets.json of a restore');
}

function invalid(file: string, why: string, cause?: unknown): MskBackupError {
  return new MskBackupError('configuration', 'MAP_UNREADABLE', `${file} cannot be read as a map of offsets: ${why}`, {
    cause,
  });
}

function headOf({ topics: _topics, ...head }: OffsetsBody) {
  return head;
}

function toJson(of: MappedPartition) {
  const ranges = rangesOf(of).slice(0, -1);
  return { source: of.source, target: { ...of.target, end: of.mapped.end }, ranges };
}

function headText({ restoreId, snapshot, source, target, offsets }: OffsetsBody): string {
  return facts([
    ['restore', restoreId],
    ['snapshot', `${snapshot.backupId} (#${snapshot.sequence})`],
    ['source', source.label ? `${source.label} (${source.clusterId})` : source.clusterId],
    ['target', target.clusterId],
    ['offsets', offsets === 'exact' ? 'as at the source' : 'new'],
  ]);
}
