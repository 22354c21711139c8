import prettyBytes from 'pretty-bytes';
import prettyMs from 'pretty-ms';
import type { Reading } from './meter.ts';

const BAR_WIDTH = 24;
const NAME_WIDTH = 8;

/**
 * One line of where a stage stands: `copy      ████████████░░░░░░░░░░░░  50 %  9s left  1.2 GB of 2.4 GB  130 MB/s`.
 * @param columns width of the terminal, default 80; what does not fit is left out from the right
 */
export function progressLine(reading: Reading, columns = 80): string {
  const { fraction, total } = reading;
  const parts = [reading.stage.padEnd(NAME_WIDTH)];
  if (fraction !== undefined) parts.push(`${bar(fraction)} ${String(Math.floor(fraction * 100)).padStart(3)} %`);
  if (reading.remainingMs !== undefined && fraction !== 1) parts.push(`${seconds(reading.remainingMs)} left`);
  if (reading.bytes > 0 || total?.bytes) parts.push(amount(reading.bytes, total?.bytes, prettyBytes));
  if (reading.bytesPerSecond > 0) parts.push(`${prettyBytes(reading.bytesPerSecond)}/s`);
  if (reading.records > 0 || total?.records) parts.push(`${amount(reading.records, total?.records, count)} records`);
  if (reading.recordsPerSecond > 0 && reading.bytesPerSecond <= 0) parts.push(`${count(reading.recordsPerSecond)}/s`);
  while (parts.length > 2 && parts.join('  ').length >= columns) parts.pop();
  return parts.join('  ');
}

/** One line of what a stage did: `copy      2.4 GB  1,200,000 records  18.2s  132 MB/s`. */
export function doneLine(reading: Reading): string {
  const parts = [reading.stage.padEnd(NAME_WIDTH)];
  if (reading.bytes > 0) parts.push(prettyBytes(reading.bytes));
  if (reading.records > 0) parts.push(`${count(reading.records)} records`);
  parts.push(prettyMs(reading.elapsedMs, { subSecondsAsDecimals: true }));
  if (reading.bytes > 0 && reading.elapsedMs >= 100) {
    parts.push(`${prettyBytes((reading.bytes / reading.elapsedMs) * 1000)}/s`);
  }
  return parts.join('  ');
}

function bar(fraction: number): string {
  const full = Math.round(fraction * BAR_WIDTH);
  return '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
}

function amount(done: number, total: number | undefined, show: (value: number) => string): string {
  return total ? `${show(done)} of ${show(total)}` : show(done);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Whole seconds, at least one: what is left is a guess. */
function seconds(ms: number): string {
  return prettyMs(Math.max(Math.ceil(ms / 1000), 1) * 1000, { unitCount: 2 });
}
