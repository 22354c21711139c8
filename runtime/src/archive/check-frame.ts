import { batchChain } from '../batch/crc32c.ts';
import type { BatchHeader } from '../batch/header.ts';
import { walkBatches } from '../batch/walk.ts';
import { MskBackupError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Finding } from './finding.ts';
import type { Frame } from './frame.ts';
import { readFrame } from './frame-reader.ts';

/**
 * Reads a frame and compares everything in it with its row: checksum, the CRC of each batch, offsets in order and within
 * the row's, counts, timestamps, batch chain.
 * @returns what is wrong, undefined when nothing is
 * @throws what is no damage: the storage cannot be reached
 */
export async function checkFrame(store: ObjectStore, frame: Frame): Promise<Finding | undefined> {
  try {
    const raw = await readFrame(store, frame);
    const { batches, end } = walkBatches(raw, frame);
    const difference = end < raw.length ? `${raw.length - end} bytes are no whole batch` : differenceOf(batches, frame);
    if (difference === undefined) return undefined;
    return frameFinding(frame, 'FRAME_MISMATCH', `${frame.pack} in ${store.location}: ${difference} (${place(frame)})`);
  } catch (error) {
    if (!(error instanceof MskBackupError) || error.kind !== 'data') throw error;
    const message = error.message.includes(frame.pack) ? error.message : `${frame.pack}: ${error.message}`;
    return frameFinding(frame, error.code, message);
  }
}

export function frameFinding(frame: Frame, code: string, message: string): Finding {
  return {
    severity: 'error',
    code,
    object: frame.pack,
    topic: frame.topic,
    partition: frame.partition,
    from: frame.baseOffset,
    until: frame.lastOffset + 1,
    message,
  };
}

/** How a frame's place is called in messages. */
export function place({ topic, partition, baseOffset, lastOffset }: Frame): string {
  return `topic ${topic}, partition ${partition}, offsets ${baseOffset} to ${lastOffset}`;
}

/** The first way in which the batches are not what the row says. */
function differenceOf(batches: BatchHeader[], frame: Frame): string | undefined {
  let next = frame.baseOffset;
  let records = 0;
  let maxTimestamp = -1;
  for (const batch of batches) {
    if (batch.baseOffset < next) return `the batch at offset ${batch.baseOffset} lies before offset ${next}`;
    next = batch.lastOffset + 1;
    records += batch.recordCount;
    // A row holds no larger one.
    maxTimestamp = Math.min(Math.max(maxTimestamp, batch.maxTimestamp), Number.MAX_SAFE_INTEGER);
  }
  const found: [string, number | undefined, number][] = [
    ['batches', batches.length, frame.batches],
    ['records', records, frame.records],
    ['first offset', batches[0]?.baseOffset, frame.baseOffset],
    ['last offset', batches.at(-1)?.lastOffset, frame.lastOffset],
    ['max timestamp', maxTimestamp, frame.maxTimestamp],
    ['batch chain', batchChain(batches.map(({ crc }) => crc)), frame.batchChain],
  ];
  const wrong = found.find(([, is, said]) => is !== said);
  return wrong === undefined ? undefined : `${wrong[0]}: ${wrong[1]}, but its index says ${wrong[2]}`;
}
