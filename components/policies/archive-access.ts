import { type ArchivePlace, folderOf, listedPrefixes, objectsOf } from './archive-place.ts';
import { parseArn, viaService } from './arn.ts';
import { allow, type Condition, deny, type Statement } from './document.ts';

/** @param name goes into the statements' Sids: `Archive`, `Journals` */
export function readPlace(name: string, place: ArchivePlace): Statement[] {
  return [
    list(name, place),
    allow(
      `${name}Read`,
      // GetObject and HeadObject: commits, index objects, ranges of packs
      ['s3:GetObject'],
      objectsOf(place),
    ),
    ...useKey(name, place, ['kms:Decrypt']),
  ];
}

/** Creates objects there, and reads them; never overwrites or deletes one. */
export function createInPlace(name: string, place: ArchivePlace): Statement[] {
  return [
    list(name, place),
    allow(
      `${name}Create`,
      [
        // GetObject: what was written before. HeadObject: whether an object is our own when an answer was lost
        's3:GetObject',
        // PutObject, and CreateMultipartUpload, UploadPart and CompleteMultipartUpload of large packs
        's3:PutObject',
        // AbortMultipartUpload of a run that is stopped: its parts would be paid for until the lifecycle rule sees them
        's3:AbortMultipartUpload',
      ],
      objectsOf(place),
    ),
    neverOverwrite(`${name}NeverOverwrite`, objectsOf(place)),
    ...useKey(name, place, [
      // Each new object, and each multipart upload
      'kms:GenerateDataKey',
      // Reading, and the parts of a multipart upload
      'kms:Decrypt',
    ]),
  ];
}

/** What a prune may delete: everything but FORMAT, which makes the place an archive. */
export function deleteFromArchive(place: ArchivePlace): Statement {
  return allow(
    'ArchiveDelete',
    // DeleteObject: in a versioned bucket the version stays until the lifecycle rule for old versions sees it
    ['s3:DeleteObject'],
    ['commits', 'index', 'packs'].map((folder) => folderOf(place, folder)),
  );
}

/**
 * Denies whatever makes an object without `If-None-Match`. The parts of a multipart upload are exempt, because they cannot carry
 * it: only its completion makes the object (Amazon S3 user guide, "Enforce conditional writes on Amazon S3 buckets").
 * A role denies it to itself as well, so that it holds in buckets whose policy is not ours.
 */
export function neverOverwrite(sid: string, objects: string[]): Statement {
  return deny(sid, ['s3:PutObject'], objects, {
    Null: { 's3:if-none-match': 'true' },
    Bool: { 's3:ObjectCreationOperation': 'true' },
  });
}

function list(name: string, place: ArchivePlace): Statement {
  const prefixes = listedPrefixes(place);
  const everything = prefixes.includes('*');
  return allow(
    `${name}List`,
    // ListObjectsV2 below the prefix: commits, sizes of packs, entries of journals. Also makes S3 answer "absent" instead of "denied"
    ['s3:ListBucket'],
    [place.bucketArn],
    everything ? undefined : { StringLike: { 's3:prefix': prefixes } },
  );
}

function useKey(name: string, place: ArchivePlace, actions: string[]): Statement[] {
  return place.keyArn === undefined ? [] : [allow(`${name}Key`, actions, [place.keyArn], throughS3(place))];
}

/**
 * The key, through S3 in the key's region and for this place alone. The encryption context is the bucket's ARN when it has a
 * bucket key, else the object's.
 */
export function throughS3(place: ArchivePlace): Condition {
  return {
    StringEquals: { 'kms:ViaService': viaService('s3', parseArn(place.keyArn!)) },
    StringLike: { 'kms:EncryptionContext:aws:s3:arn': [place.bucketArn, ...objectsOf(place)] },
  };
}
