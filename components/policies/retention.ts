import { readPlace } from './archive-access.ts';
import { type ArchivePlace, objectsOf } from './archive-place.ts';
import { allow, type PolicyDocument, policyDocument, type Statement } from './document.ts';

export interface RetentionAccess {
  archive: ArchivePlace;
  /** Where it is replicated to. Undefined where there is none, or it is another account's. */
  replica?: ArchivePlace;
  /** As the bucket locks objects. Nothing is ever locked in another mode. */
  mode: 'GOVERNANCE' | 'COMPLIANCE';
  /** Days from now up to which an object may be locked. A mistake in COMPLIANCE mode is one that nobody can undo. */
  days: number;
}

/**
 * Of the role that extends the Object Lock of what kept snapshots need (`msk-backup locks extend`). It lengthens locks and
 * shortens none: that takes s3:BypassGovernanceRetention. The archive bucket's policy must name it among the maintenance roles.
 */
export function retentionPolicy({ archive, replica, mode, days }: RetentionAccess): PolicyDocument {
  return policyDocument([
    ...lockedPlace('Archive', archive, mode, days),
    ...(replica === undefined ? [] : lockedPlace('Replica', replica, mode, days)),
  ]);
}

function lockedPlace(name: string, place: ArchivePlace, mode: string, days: number): Statement[] {
  return [
    // Commits and index objects say which objects are needed
    ...readPlace(name, place),
    allow(
      `${name}LockRules`,
      // GetObjectLockConfiguration: the mode and the days of the bucket
      ['s3:GetBucketObjectLockConfiguration'],
      [place.bucketArn],
    ),
    allow(
      `${name}LockRead`,
      // GetObjectRetention: until when an object is locked now
      ['s3:GetObjectRetention'],
      objectsOf(place),
    ),
    extend(name, place, mode, days),
  ];
}

function extend(name: string, place: ArchivePlace, mode: string, days: number): Statement {
  return allow(
    `${name}LockExtend`,
    // PutObjectRetention
    ['s3:PutObjectRetention'],
    objectsOf(place),
    {
      StringEquals: { 's3:object-lock-mode': mode },
      // One more than asked for: how S3 rounds a begun day is not documented
      NumericLessThanEquals: { 's3:object-lock-remaining-retention-days': String(days + 1) },
    },
  );
}
