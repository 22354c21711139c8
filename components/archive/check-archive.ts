import type * as pulumi from '@pulumi/pulumi';
import { checked } from '../arguments/checked.ts';
import type { ArgumentProblem } from '../arguments/refuse.ts';
import type { BackupArchiveArgs } from '../backup-archive.ts';
import type { AwsPlace } from '../policies/arn.ts';
import { lifecycleProblems } from './lifecycle.ts';
import {
  accountProblems,
  bucketArnProblems,
  bucketNameProblems,
  keyArnProblems,
  madeNameProblems,
  prefixProblems,
  regionProblems,
  roleArnsProblems,
} from './names.ts';
import { objectLockProblems } from './object-lock.ts';

/** What says how a bucket is made, and so nothing about one that exists. */
const OF_MADE_BUCKETS = ['bucketName', 'keyArn', 'replica', 'deletionProtection'] as const;

/** @returns the arguments, resolved and checked */
export function checkedArchive(name: string, args: BackupArchiveArgs, home: pulumi.Output<AwsPlace>) {
  const { prefix, bucketName, keyArn, adopt, replica, objectLock, maintenanceRoleArns } = args;
  const { packStorageClass, packTransitionDays, oldVersionDays } = args;
  return checked(
    'BackupArchive',
    name,
    {
      /** Arguments beside `adopt`. */
      beside: adopt === undefined ? [] : OF_MADE_BUCKETS.filter((argument) => args[argument] !== undefined),
      /** Buckets that are named after the component, with the argument that would name them. */
      named: [
        ...(adopt === undefined && bucketName === undefined ? [['bucketName', `${name}-bucket`] as const] : []),
        ...(replica !== undefined && replica.bucketArn === undefined && replica.bucketName === undefined
          ? [['replica.bucketName', `${name}-replica-bucket`] as const]
          : []),
      ],
      prefix,
      bucketName,
      keyArn,
      adopt,
      replica,
      objectLock,
      lifecycle: { packStorageClass, packTransitionDays, oldVersionDays },
      maintenanceRoleArns,
      home,
    },
    {
      beside: (names) =>
        names.map((propertyPath) => ({
          propertyPath,
          reason: 'is for a bucket that is made, and adopt names one that exists',
        })),
      named: (buckets) =>
        buckets.flatMap(([propertyPath, logicalName]) => madeNameProblems(propertyPath!, logicalName!)),
      prefix: (value, path) => prefixProblems(path, value),
      bucketName: (value, path) => bucketNameProblems(path, value),
      keyArn: (value, path) => keyArnProblems(path, value, undefined),
      adopt: adoptProblems,
      replica: replicaProblems,
      objectLock: (value, path) => (value === undefined ? [] : objectLockProblems(path, value)),
      lifecycle: (value) => lifecycleProblems(value),
      maintenanceRoleArns: (value, path) => roleArnsProblems(path, value),
    },
    regionsTogether,
  );
}

type Adopted = pulumi.Unwrap<BackupArchiveArgs['adopt']>;
type Replica = pulumi.Unwrap<BackupArchiveArgs['replica']>;

export function adoptProblems(adopt: Adopted, path: string): ArgumentProblem[] {
  if (adopt === undefined) return [];
  const { bucketName, keyArn, replicaBucketName, replicaKeyArn, replicaRegion } = adopt;
  const problems = [
    ...required(`${path}.bucketName`, bucketName),
    ...bucketNameProblems(`${path}.bucketName`, bucketName),
    ...keyArnProblems(`${path}.keyArn`, keyArn, undefined),
    ...bucketNameProblems(`${path}.replicaBucketName`, replicaBucketName),
    ...keyArnProblems(`${path}.replicaKeyArn`, replicaKeyArn, replicaRegion),
    ...regionProblems(`${path}.replicaRegion`, replicaRegion),
  ];
  if (replicaBucketName !== undefined) {
    problems.push(...required(`${path}.replicaRegion`, replicaRegion));
    if (keyArn !== undefined && replicaKeyArn === undefined)
      problems.push({
        propertyPath: `${path}.replicaKeyArn`,
        reason: 'is missing: S3 replicates what a KMS key encrypts only with a key of the replica',
      });
    if (replicaBucketName === bucketName)
      problems.push({ propertyPath: `${path}.replicaBucketName`, reason: `is the bucket itself: ${bucketName}` });
  } else if (replicaRegion !== undefined || replicaKeyArn !== undefined)
    problems.push({ propertyPath: `${path}.replicaBucketName`, reason: 'is missing: a region or key of it is given' });
  return problems;
}

export function replicaProblems(replica: Replica, path: string): ArgumentProblem[] {
  if (replica === undefined) return [];
  const { region, bucketName, keyArn, bucketArn, accountId, replicationRoleName } = replica;
  const problems = [
    ...required(`${path}.region`, region),
    ...regionProblems(`${path}.region`, region),
    ...bucketNameProblems(`${path}.bucketName`, bucketName),
    ...keyArnProblems(`${path}.keyArn`, keyArn, region),
    ...bucketArnProblems(`${path}.bucketArn`, bucketArn),
    ...accountProblems(`${path}.accountId`, accountId),
  ];
  const say = (argument: string, reason: string) => problems.push({ propertyPath: `${path}.${argument}`, reason });
  if (bucketArn === undefined && accountId !== undefined)
    say('bucketArn', 'is missing: the bucket of another account is made there, by a ReplicaArchive');
  if (bucketArn !== undefined && keyArn === undefined) say('keyArn', 'is missing: the key of the bucket in bucketArn');
  if (bucketArn !== undefined && bucketName !== undefined)
    say('bucketName', 'is for a bucket that is made, and bucketArn names one that exists');
  if (replicationRoleName !== undefined && !/^[\w+=,.@-]{1,64}$/.test(replicationRoleName))
    say(
      'replicationRoleName',
      `is not the name of a role (1 to 64 letters, digits and _+=,.@-): ${replicationRoleName}`,
    );
  return problems;
}

function required(propertyPath: string, value: unknown): ArgumentProblem[] {
  return value === undefined || value === '' ? [{ propertyPath, reason: 'is missing' }] : [];
}

/** What shows when the provider's region is known. */
function regionsTogether(values: {
  home: AwsPlace;
  keyArn?: string | undefined;
  adopt?: Adopted;
  replica?: Replica;
}): ArgumentProblem[] {
  const { home, keyArn, adopt, replica } = values;
  const same = (propertyPath: string, region: string | undefined) =>
    region === home.region
      ? [
          {
            propertyPath,
            reason: `is the region of the archive itself (${region}): a replica belongs into another one`,
          },
        ]
      : [];
  return [
    ...keyElsewhere('keyArn', keyArn, home),
    ...keyElsewhere('adopt.keyArn', adopt?.keyArn, home),
    ...same('adopt.replicaRegion', adopt?.replicaRegion),
    ...same('replica.region', replica?.region),
  ];
}

/** A key that is none has been told before. */
function keyElsewhere(propertyPath: string, arn: string | undefined, { region }: AwsPlace): ArgumentProblem[] {
  const isKey = keyArnProblems(propertyPath, arn, undefined).length === 0;
  return isKey ? keyArnProblems(propertyPath, arn, region) : [];
}
