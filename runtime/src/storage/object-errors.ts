import { MskBackupError } from '../errors.ts';

/** What both stores answer alike. `where` is `location/key`. */
export function objectExists(where: string): MskBackupError {
  return new MskBackupError(
    'data',
    'OBJECT_EXISTS',
    `${where}: already written, and objects are never overwritten: another run writes to this archive, or did`,
  );
}

export function objectMissing(where: string): MskBackupError {
  return new MskBackupError('data', 'OBJECT_MISSING', `${where}: there is no such object`);
}

/** @param size the object's bytes, where the storage said it */
export function objectTruncated(where: string, start: number, length: number, size?: number): MskBackupError {
  const ends = size === undefined ? 'the object ends before' : `the object ends at ${size}`;
  return new MskBackupError(
    'data',
    'OBJECT_TRUNCATED',
    `${where}: bytes ${start} to ${start + length} were asked for and ${ends}: it has been cut short since it was written`,
  );
}
