import { decompressRecords } from './codec.ts';
import type { BatchHeader } from './header.ts';
import { needsRebuild, type ProduceOptions, type RebuildReason } from './produce-form.ts';
import { inBatch, RecordCursor } from './record-cursor.ts';
import { recordSection } from './records.ts';

/** Epoch ms, both inclusive; a missing end is open. */
export interface TimeWindow {
  start?: number;
  end?: number;
}

/**
 * The same window as batches are rebuilt by: `fromTimestamp` inclusive, `untilTimestamp` exclusive, 0 or more.
 *
 * A record without a timestamp (-1) has no time. It is kept when the window has no start, and left out when it has one.
 */
export type TimeBounds = Pick<ProduceOptions, 'fromTimestamp' | 'untilTimestamp'>;

export function timeBounds({ start, end }: TimeWindow): TimeBounds {
  return {
    ...(start !== undefined && { fromTimestamp: start }),
    ...(end !== undefined && { untilTimestamp: end + 1 }),
  };
}

/** `inside`: every record is wanted; `outside`: none; `cut`: some are, some not. */
export type WindowVerdict = 'inside' | 'outside' | 'cut';

/**
 * How a batch lies to a window of time. The header knows the largest timestamp and no smallest one, so with a
 * `fromTimestamp` a batch that ends in the window has to be decompressed and walked, unless it has append times.
 *
 * @param buffer what the header was read from
 * @returns `outside` for a batch without records
 * @throws MskBackupError kind `data`: `BATCH_MALFORMED`, `DECOMPRESSION_FAILED`, `OFFSET_TOO_LARGE`, naming the batch by its offset
 */
export async function windowVerdict(buffer: Buffer, header: BatchHeader, bounds: TimeBounds): Promise<WindowVerdict> {
  const { fromTimestamp = Number.NEGATIVE_INFINITY, untilTimestamp = Number.POSITIVE_INFINITY } = bounds;
  const { maxTimestamp } = header;
  if (header.recordCount === 0 || maxTimestamp < fromTimestamp) return 'outside';
  if (header.timestampType === 'LogAppendTime') return maxTimestamp < untilTimestamp ? 'inside' : 'outside';
  if (fromTimestamp === Number.NEGATIVE_INFINITY && maxTimestamp < untilTimestamp) return 'inside';
  try {
    const section = await decompressRecords(recordSection(buffer, header), header.codec);
    return walk(new RecordCursor(section, 0, section.length, header.recordCount), {
      from: fromTimestamp - header.baseTimestamp,
      until: untilTimestamp - header.baseTimestamp,
    });
  } catch (error) {
    throw inBatch(error, header.baseOffset);
  }
}

/** @param deltas bounds as timestamp deltas of the batch */
function walk(records: RecordCursor, deltas: { from: number; until: number }): WindowVerdict {
  const { from, until } = deltas;
  const isWanted = () => records.timestampDelta >= from && records.timestampDelta < until;
  records.next();
  const first = isWanted();
  while (records.next()) {
    if (isWanted() !== first) return 'cut';
  }
  return first ? 'inside' : 'outside';
}

/**
 * Why the batch cannot be produced as it is, as `needsRebuild` says it, but with a time window for certain and not as a
 * maybe: a batch that lies inside is judged as if there was no window, `empty` and `trim` are looked up in the records.
 * Batches that may go together into `rebuildBatches` keep the options with their window: it makes no difference to those inside.
 *
 * @param buffer what the header was read from
 * @throws MskBackupError as `windowVerdict`
 */
export async function rebuildReason(
  buffer: Buffer,
  header: BatchHeader,
  options: ProduceOptions,
): Promise<RebuildReason | undefined> {
  const { fromTimestamp, untilTimestamp, ...rest } = options;
  const byHeader = needsRebuild(header, rest);
  if (byHeader === 'empty' || (fromTimestamp === undefined && untilTimestamp === undefined)) return byHeader;
  const verdict = await windowVerdict(buffer, header, { fromTimestamp, untilTimestamp });
  if (verdict === 'inside') return byHeader;
  return verdict === 'outside' ? 'empty' : 'trim';
}
