import type { Record } from '../../batch/records.ts';

/** What differs between two records apart from their offsets, without saying what is in them; undefined when nothing. */
export function differenceOf(expected: Record, found: Record): string | undefined {
  const parts: string[] = [];
  if (!sameBytes(expected.key, found.key)) parts.push('key');
  if (!sameBytes(expected.value, found.value)) parts.push('value');
  if (!sameHeaders(expected.headers, found.headers)) parts.push('headers');
  if (expected.timestamp !== found.timestamp) parts.push(`timestamp (${found.timestamp}, not ${expected.timestamp})`);
  return parts.length === 0 ? undefined : `differs in ${parts.join(' and ')}`;
}

function sameBytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}

function sameHeaders(a: Record['headers'], b: Record['headers']): boolean {
  return (
    a.length === b.length &&
    a.every(([name, value], index) => name.equals(b[index]![0]) && sameBytes(value, b[index]![1]))
  );
}
