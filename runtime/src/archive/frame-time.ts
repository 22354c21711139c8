import type { TimeWindow } from '../batch/time-window.ts';
import type { Frame } from './frame.ts';

/** `inside`: every record is wanted; `outside`: none can be; `maybe`: the batches have to be looked at. */
export type FrameVerdict = 'inside' | 'outside' | 'maybe';

/**
 * How a frame lies to a window of time, by its row alone. An unknown smallest timestamp may be any, so it never makes a frame
 * lie outside. Records without a timestamp (-1) are in a window without a start only.
 */
export function frameVerdict(
  { minTimestamp, maxTimestamp }: Pick<Frame, 'minTimestamp' | 'maxTimestamp'>,
  { start, end }: TimeWindow,
): FrameVerdict {
  if (start !== undefined && maxTimestamp < start) return 'outside';
  if (end !== undefined && minTimestamp !== undefined && minTimestamp > end) return 'outside';
  if (start !== undefined && (minTimestamp === undefined || minTimestamp < start)) return 'maybe';
  return end === undefined || maxTimestamp <= end ? 'inside' : 'maybe';
}
