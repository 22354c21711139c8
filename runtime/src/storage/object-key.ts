/** First characters of the names of files that are still being written; no key may have a part that begins so. */
export const TEMPORARY_PREFIX = '~msk-backup-';

/** S3 allows 1,024 bytes for the whole key; 100 are left for the archive's prefix. A file name ends at 255. */
const MAX_KEY_BYTES = 924;
const MAX_SEGMENT_BYTES = 255;

/**
 * Refuses keys that could leave the archive or that not every storage can hold: absolute ones, `.` and `..` as a part,
 * empty parts, control characters, parts over 255 bytes. Keys are made by this program, so a bad one is a bug.
 */
export function checkKey(key: string): void {
  const problem = problemOf(key);
  if (problem !== undefined) throw new Error(`object key ${JSON.stringify(key)} ${problem}`);
}

/** Refuses prefixes of listings that could leave the archive: a bug of the caller. The empty one lists everything. */
export function checkPrefix(prefix: string): void {
  if (prefix.startsWith('/') || prefix.split('/').some((segment) => segment === '.' || segment === '..'))
    throw new Error(`object prefix ${JSON.stringify(prefix)} leaves the archive`);
}

/** Refuses ranges that are no ranges: a bug of the caller, or a damaged index that was not checked. */
export function checkRange(key: string, start: number, length: number): void {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(length) || start < 0 || length < 0)
    throw new Error(`object key ${JSON.stringify(key)}: no range begins at ${start} with ${length} bytes`);
}

function problemOf(key: string): string | undefined {
  if (key === '') return 'is empty';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\0-\x1f\x7f]/.test(key)) return 'holds a control character';
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `is longer than ${MAX_KEY_BYTES} bytes`;
  for (const segment of key.split('/')) {
    if (segment === '') return 'is absolute or has an empty part';
    if (segment === '.' || segment === '..') return `has the part ${segment}`;
    if (segment.startsWith(TEMPORARY_PREFIX)) return `has a part that begins with ${TEMPORARY_PREFIX}`;
    if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) return `has a part longer than ${MAX_SEGMENT_BYTES} bytes`;
  }
  return undefined;
}
