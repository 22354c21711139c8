import Table from 'cli-table3';
import prettyBytes from 'pretty-bytes';
import prettyMs from 'pretty-ms';

const PLAIN = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** A column: its heading, and whether it holds numbers, which are set to the right. */
export type Column = string | { right: string };

/** Rows under headings, without lines around them, so that it can be read, copied and cut to columns. */
export function table(columns: Column[], rows: (string | number)[][]): string {
  const shown = new Table({
    head: columns.map((column) => (typeof column === 'string' ? column : column.right)),
    colAligns: columns.map((column) => (typeof column === 'string' ? 'left' : 'right')),
    chars: PLAIN,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  shown.push(...rows.map((row) => row.map(cell)));
  return shown
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Names and values under each other. */
export function facts(pairs: [string, string | number | undefined][]): string {
  const shown = pairs.filter((pair) => pair[1] !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${cell(value!)}`).join('\n');
}

export function bytes(value: number): string {
  return prettyBytes(value);
}

export function duration(ms: number): string {
  return prettyMs(ms, { subSecondsAsDecimals: ms >= 1000, unitCount: 2 });
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 record`, `1,200 records`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `2026-11-24 11:05:01Z` of an ISO time or epoch milliseconds. */
export function time(value: string | number): string {
  return new Date(value)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

function cell(value: string | number): string {
  return typeof value === 'number' ? count(value) : value;
}
