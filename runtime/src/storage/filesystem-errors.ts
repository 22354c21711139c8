import { MskBackupError } from '../errors.ts';

const KNOWN: Record<string, { kind: 'connection' | 'configuration'; code: string; text: string }> = {
  ENOSPC: { kind: 'connection', code: 'STORAGE_FULL', text: 'no space left on the device: free some and run again' },
  EDQUOT: { kind: 'connection', code: 'STORAGE_FULL', text: 'the disk quota is used up: raise it and run again' },
  EFBIG: { kind: 'configuration', code: 'STORAGE_UNFIT', text: 'the file system or a limit forbids files this large' },
  EACCES: { kind: 'connection', code: 'STORAGE_ACCESS_DENIED', text: 'permission denied: check owner and mode' },
  EPERM: { kind: 'connection', code: 'STORAGE_ACCESS_DENIED', text: 'not permitted: check owner, mode and attributes' },
  EROFS: { kind: 'connection', code: 'STORAGE_ACCESS_DENIED', text: 'the file system is mounted read-only' },
  ENOTDIR: { kind: 'configuration', code: 'STORAGE_UNFIT', text: 'a part of the path is a file, not a directory' },
  ENAMETOOLONG: { kind: 'configuration', code: 'STORAGE_UNFIT', text: 'the path is too long for the file system' },
  ENOENT: {
    kind: 'connection',
    code: 'STORAGE_FAILED',
    text: 'vanished while it was in use: does something clean up?',
  },
  EMFILE: { kind: 'connection', code: 'STORAGE_FAILED', text: 'too many open files: raise the limit (ulimit -n)' },
  EIO: { kind: 'connection', code: 'STORAGE_FAILED', text: 'the device reports an error: see the log of the kernel' },
};

/** @param doing what was tried, as in `write` */
export function filesystemError(doing: string, path: string, cause: unknown): MskBackupError {
  if (cause instanceof MskBackupError) return cause;
  const code = codeOf(cause);
  const known = code === undefined ? undefined : KNOWN[code];
  const text = known?.text ?? (cause instanceof Error ? cause.message : String(cause));
  const suffix = known === undefined ? '' : ` (${code})`;
  return new MskBackupError(
    known?.kind ?? 'connection',
    known?.code ?? 'STORAGE_FAILED',
    `${path}: cannot ${doing}: ${text}${suffix}`,
    { cause },
  );
}

/** `link` fails where the file system knows no hard links, and with them there is no atomic create-only. */
export function linkError(path: string, cause: unknown): MskBackupError {
  if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(cause) ?? ''))
    return filesystemError('create', path, cause);
  return new MskBackupError(
    'configuration',
    'STORAGE_UNFIT',
    `${path}: cannot create: the file system has no hard links, which create-only writes need: ` +
      'use a local disk, NFS or EFS, or the s3 backend',
    { cause },
  );
}

/** `ENOENT` and the like; undefined for anything else. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** True for what a read of an absent object gives: nothing there, a directory, or a file where a directory would be. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error) ?? '');
}
