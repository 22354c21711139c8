import type * as pulumi from '@pulumi/pulumi';
import { adoptProblems, replicaProblems } from '../archive/check-archive.ts';
import { lifecycleProblems } from '../archive/lifecycle.ts';
import {
  bucketNameProblems,
  keyArnProblems,
  madeNameProblems,
  prefixProblems,
  roleArnsProblems,
} from '../archive/names.ts';
import { objectLockProblems } from '../archive/object-lock.ts';
import { topicArn } from '../arguments/arn.ts';
import { authenticationProblems, portProblems } from '../arguments/authentication.ts';
import { isPlain } from '../arguments/checked.ts';
import { computeProblems } from '../arguments/compute.ts';
import { imageProblems } from '../arguments/image.ts';
import { networkProblems } from '../arguments/network.ts';
import { wholeNumber } from '../arguments/number.ts';
import type { ArgumentProblem } from '../arguments/refuse.ts';
import { groupsProblems, serversProblems, topicsProblems } from '../arguments/selection.ts';
import type { BackupArchiveArgs } from '../backup-archive.ts';
import type { MskBackupArgs } from '../msk-backup.ts';
import { readArn } from '../policies/arn.ts';
import { clusterArnProblems, topicPatternProblems } from '../policies/problems.ts';
import { scheduleExpression, timeZoneName } from '../schedule/checks.ts';
import { checkSettings } from '../task/configuration.ts';

/**
 * All that is wrong with the arguments that are known when the program runs, of every part at once: made one after the other, the
 * parts would each tell their own. What resolves later is checked by the part that uses it.
 */
export function checkBackup(name: string, args: MskBackupArgs): ArgumentProblem[] {
  return [
    ...known(args.clusterArn, (arn) => clusterArnProblems('clusterArn', arn ?? '')),
    ...known(args.network, (network) => networkProblems(network)),
    ...known(args.topics, (topics) => topicsProblems()(topics, 'topics')),
    ...known(args.excludedTopics, (topics) => topicPatternProblems('excludedTopics', topics ?? [])),
    ...known(args.policyTopics, (topics) => topicPatternProblems('policyTopics', topics ?? [])),
    ...known(args.consumerGroups, (groups) =>
      args.policyGroups === undefined ? groupsProblems(groups, 'consumerGroups') : [],
    ),
    ...known(args.policyGroups, (groups) => groupsProblems(groups, 'policyGroups')),
    ...known(args.bootstrapServers, (servers) => serversProblems(servers, 'bootstrapServers')),
    ...known(brokers(args), ({ bootstrapServers, authentication }) =>
      portProblems(bootstrapServers, authentication, args.network?.securityGroupIds === undefined),
    ),
    ...known(args.settingsYaml, (text) => checkSettings('backup')(text, 'settingsYaml')),
    ...known(args.schedule, (expression) => (expression ? scheduleExpression(expression, 'schedule') : [])),
    ...known(args.scheduleTimeZone, (zone) => timeZoneName(zone, 'scheduleTimeZone')),
    ...known(args.scheduleFlexibleMinutes, (minutes) =>
      wholeNumber(0, 1440, 'minutes')(minutes, 'scheduleFlexibleMinutes'),
    ),
    ...known(args.authentication, (authentication) => authenticationProblems(authentication)),
    ...known(args.compute, (compute) => computeProblems(compute)),
    ...(args.image === undefined ? [] : known(args.image, (image) => imageProblems(image))),
    ...known(args.alarmTopicArn, (arn) => topicArn(arn, 'alarmTopicArn')),
    ...replica(args),
    ...madeBuckets(name, args),
    ...(args.archive === undefined ? [] : archive(args.archive)),
    ...known(args.alarms?.missedRuns, (runs) => wholeNumber(1, 100, 'runs')(runs, 'alarms.missedRuns')),
    ...known(args.alarms?.maxLagSeconds, (seconds) =>
      wholeNumber(60, 31_536_000, 'seconds')(seconds, 'alarms.maxLagSeconds'),
    ),
    ...known(args.alarms?.drillSchedule, (expression) =>
      expression === undefined ? [] : scheduleExpression(expression, 'alarms.drillSchedule'),
    ),
    ...mail(args),
  ];
}

const brokers = ({ bootstrapServers, authentication }: MskBackupArgs) => ({ bootstrapServers, authentication });

/** Whoever has a topic has subscribed to it: addresses are for one that is made, here or in the replica's region. */
function mail({ alarms, alarmTopicArn, archive, replica }: MskBackupArgs): ArgumentProblem[] {
  if (alarms?.emailAddresses === undefined || alarmTopicArn === undefined) return [];
  const madeThere = archive?.adopt?.replicaBucketName !== undefined || replica !== undefined;
  if (madeThere && replica?.alarmTopicArn === undefined) return [];
  return [
    {
      propertyPath: 'alarms.emailAddresses',
      reason: 'is for a topic that is made, and here topics that exist are named: subscribe them there',
    },
  ];
}

function replica({ archive, replica, clusterArn }: MskBackupArgs): ArgumentProblem[] {
  if (replica === undefined) return [];
  const { alarmTopicArn, ...bucket } = replica;
  if (archive?.adopt !== undefined)
    return [
      { propertyPath: 'replica', reason: 'is for a bucket that is made: name that of an adopted one in archive.adopt' },
    ];
  const problems = known(bucket, (bucket) => replicaProblems(bucket, 'replica'));
  problems.push(...known(alarmTopicArn, (arn) => topicArn(arn, 'replica.alarmTopicArn')));
  const home = typeof clusterArn === 'string' ? readArn(clusterArn)?.region : undefined;
  if (home !== undefined && replica.region === home)
    problems.push({
      propertyPath: 'replica.region',
      reason: `is the region of the cluster (${home}): a replica belongs into another one`,
    });
  return problems;
}

/** Buckets are named after the component, unless they are named. */
function madeBuckets(name: string, { archive, replica }: MskBackupArgs): ArgumentProblem[] {
  if (archive?.adopt !== undefined) return [];
  return [
    ...(archive?.bucketName === undefined ? madeNameProblems('archive.bucketName', `${name}-bucket`) : []),
    ...(replica !== undefined && replica.bucketName === undefined && replica.bucketArn === undefined
      ? madeNameProblems('replica.bucketName', `${name}-replica-bucket`)
      : []),
  ];
}

/** What the archive is told by this component is refused within it: two places that may differ. */
const OF_MADE_BUCKETS = ['bucketName', 'keyArn'] as const;
const TOLD_OUTSIDE = ['replica', 'deletionProtection', 'tags'] as const;

function archive(args: BackupArchiveArgs): ArgumentProblem[] {
  const { packStorageClass, packTransitionDays, oldVersionDays } = args;
  const within = (problems: ArgumentProblem[]) =>
    problems.map(({ propertyPath, reason }) => ({ propertyPath: `archive.${propertyPath}`, reason }));
  return within([
    ...TOLD_OUTSIDE.filter((key) => args[key] !== undefined).map((propertyPath) => ({
      propertyPath,
      reason: `belongs beside archive: give ${propertyPath} to the component itself`,
    })),
    ...known(args.prefix, (prefix) => prefixProblems('prefix', prefix)),
    ...known(args.bucketName, (bucketName) => bucketNameProblems('bucketName', bucketName)),
    ...known(args.keyArn, (keyArn) => keyArnProblems('keyArn', keyArn, undefined)),
    ...known(args.adopt, (adopt) => adoptProblems(adopt, 'adopt')),
    ...(args.adopt === undefined
      ? []
      : OF_MADE_BUCKETS.filter((key) => args[key] !== undefined).map((propertyPath) => ({
          propertyPath,
          reason: 'is for a bucket that is made, and adopt names one that exists',
        }))),
    ...known(args.objectLock, (lock) => (lock === undefined ? [] : objectLockProblems('objectLock', lock))),
    ...known({ packStorageClass, packTransitionDays, oldVersionDays }, (lifecycle) => lifecycleProblems(lifecycle)),
    ...known(args.maintenanceRoleArns, (roles) => roleArnsProblems('maintenanceRoleArns', roles)),
  ]);
}

/** The problems of a value without Outputs; none of one that has some. */
function known<T>(value: T, check: (value: pulumi.Unwrap<T>) => ArgumentProblem[]): ArgumentProblem[] {
  return isPlain(value) ? check(value as pulumi.Unwrap<T>) : [];
}
