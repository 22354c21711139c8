import { isUtf8 } from 'node:buffer';
import type { FoundRecord } from '../archive/find-records.ts';

export interface RecordTextOptions {
  /** Keys and values always as base64. */
  base64: boolean;
}

/** The largest time that a Date holds. */
const LAST_TIME = 8.64e15;

/**
 * A record as one line of JSON, exact: bytes that are no UTF-8 are base64, and `keyEncoding` or `valueEncoding` next to them
 * says so.
 */
export function recordJson(record: FoundRecord, options: RecordTextOptions): string {
  const { topic, partition, offset, timestamp, key, value, headers } = record;
  return JSON.stringify({
    topic,
    partition,
    offset,
    timestamp: isoTime(timestamp),
    timestampMs: timestamp,
    ...field('key', key, options),
    ...field('value', value, options),
    headers: headers.map(([name, content]) => ({
      ...field('key', name, { base64: false }),
      ...field('value', content, options),
    })),
  });
}

/**
 * A record as one line for people: partition, offset, time, key, value and headers, with tabs between. What would break the line
 * or command the terminal is escaped.
 */
export function recordLine(record: FoundRecord, options: RecordTextOptions): string {
  const { partition, offset, timestamp, key, value, headers } = record;
  const named = headers.map(([name, content]) => `${shown(name, { base64: false })}=${shown(content, options)}`);
  return [
    partition,
    offset,
    isoTime(timestamp) ?? timestamp,
    shown(key, options),
    shown(value, options),
    ...(named.length > 0 ? [named.join(', ')] : []),
  ].join('\t');
}

function field(name: 'key' | 'value', bytes: Buffer | null, options: RecordTextOptions): Record<string, string | null> {
  if (bytes === null) return { [name]: null };
  if (isText(bytes, options)) return { [name]: bytes.toString('utf8') };
  return { [name]: bytes.toString('base64'), [`${name}Encoding`]: 'base64' };
}

function shown(bytes: Buffer | null, options: RecordTextOptions): string {
  if (bytes === null) return '<null>';
  if (!isText(bytes, options)) return `base64:${bytes.toString('base64')}`;
  return bytes.toString('utf8').replaceAll(/[\p{Cc}\u2028\u2029]/gu, escaped);
}

function escaped(character: string): string {
  const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
  return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function isText(bytes: Buffer, { base64 }: RecordTextOptions): boolean {
  return !base64 && isUtf8(bytes);
}

/** Null for a record without a time, and for one whose producer counts in nanoseconds. */
function isoTime(timestamp: number): string | null {
  return timestamp < 0 || timestamp > LAST_TIME ? null : new Date(timestamp).toISOString();
}
