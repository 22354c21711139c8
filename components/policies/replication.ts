import { throughS3 } from './archive-access.ts';
import { type ArchivePlace, objectsOf } from './archive-place.ts';
import { allow, type PolicyDocument, policyDocument } from './document.ts';

export interface ReplicationAccess {
  /** What is replicated: the bucket, or the prefix that the rule names. */
  source: ArchivePlace;
  /** The same prefix in the replica bucket, with the replica's key. */
  destination: ArchivePlace;
  /** The replica belongs to another account, which is to own the replicas. Default false. */
  otherAccount?: boolean;
  /** The source bucket has Object Lock: replicas get the same retention. Default false. */
  objectLock?: boolean;
}

/**
 * Of the role with which S3 replicates (Amazon S3 user guide, "Setting up permissions for live replication", "Replicating
 * encrypted objects"). No s3:ReplicateDelete: delete markers stay in the bucket where they were set.
 */
export function replicationPolicy(access: ReplicationAccess): PolicyDocument {
  const { source, destination, otherAccount = false, objectLock = false } = access;
  return policyDocument([
    allow(
      'SourceBucket',
      [
        // Which rules there are
        's3:GetReplicationConfiguration',
        // Which objects there are
        's3:ListBucket',
      ],
      [source.bucketArn],
    ),
    allow(
      'SourceObjects',
      [
        // Each version, encrypted or not
        's3:GetObjectVersionForReplication',
        // What goes along with it
        's3:GetObjectVersionAcl',
        's3:GetObjectVersionTagging',
        ...(objectLock ? ['s3:GetObjectRetention', 's3:GetObjectLegalHold'] : []),
      ],
      objectsOf(source),
    ),
    allow(
      'ReplicaObjects',
      [
        's3:ReplicateObject',
        's3:ReplicateTags',
        // The replica's owner becomes that of its bucket
        ...(otherAccount ? ['s3:ObjectOwnerOverrideToBucketOwner'] : []),
      ],
      objectsOf(destination),
    ),
    ...(source.keyArn === undefined ? [] : [allow('SourceKey', ['kms:Decrypt'], [source.keyArn], throughS3(source))]),
    ...(destination.keyArn === undefined
      ? []
      : [
          allow(
            'ReplicaKey',
            [
              // Replicas without a bucket key
              'kms:Encrypt',
              // Replicas with one
              'kms:GenerateDataKey',
            ],
            [destination.keyArn],
            throughS3(destination),
          ),
        ]),
  ]);
}
