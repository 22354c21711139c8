import { literalResource } from './pattern.ts';

/** A place in S3: an archive, or where restores keep their journals. */
export interface ArchivePlace {
  bucketArn: string;
  /** As in `storage.prefix`; slashes at either end do not count. Empty for the whole bucket. */
  prefix: string;
  /** KMS key of the bucket, by its ARN. Undefined where S3 encrypts with keys of its own. */
  keyArn?: string;
}

/** ARNs of all its objects. */
export function objectsOf({ bucketArn, prefix }: ArchivePlace): string[] {
  return [`${bucketArn}/${below(prefix)}*`];
}

/** ARNs of the objects in one of its folders. */
export function folderOf({ bucketArn, prefix }: ArchivePlace, folder: string): string {
  return `${bucketArn}/${below(prefix)}${folder}/*`;
}

/**
 * What `s3:prefix` looks like when the place is listed: its prefix with a slash, and more. S3 also takes the name of an object
 * for it, to tell one that is absent from one that is denied.
 */
export function listedPrefixes({ prefix }: ArchivePlace): string[] {
  return [`${below(prefix)}*`];
}

/** Without slashes at either end, as the runtime reads it. */
export function trimmedPrefix(prefix: string): string {
  return prefix.split('/').filter(Boolean).join('/');
}

/** A place beside an archive: the same rule as runtime/src/storage/beside-archive.ts. */
export function besideArchive(archive: ArchivePlace, name: string): ArchivePlace {
  const prefix = trimmedPrefix(archive.prefix);
  return { ...archive, prefix: prefix === '' ? `msk-backup-${name}` : `${prefix}-${name}` };
}

/** Where restores from an archive keep their journals. */
export function journalsBeside(archive: ArchivePlace): ArchivePlace {
  return besideArchive(archive, 'restores');
}

/** Where drills keep their reports. */
export function drillReportsBeside(archive: ArchivePlace): ArchivePlace {
  return besideArchive(archive, 'drills');
}

/** Where kept dead letters, and notes on replayed ones, are. */
export function lettersBeside(archive: ArchivePlace): ArchivePlace {
  return besideArchive(archive, 'dead-letters');
}

function below(prefix: string): string {
  const trimmed = trimmedPrefix(prefix);
  return trimmed === '' ? '' : `${literalResource(trimmed)}/`;
}
