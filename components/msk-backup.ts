import * as pulumi from '@pulumi/pulumi';
import type { AuthenticationArgs } from './arguments/authentication.ts';
import { isPlain } from './arguments/checked.ts';
import type { ComputeArgs } from './arguments/compute.ts';
import type { ImageArgs } from './arguments/image.ts';
import type { NetworkArgs } from './arguments/network.ts';
import { refuse } from './arguments/refuse.ts';
import { checkBackup } from './backup/check-backup.ts';
import { BackupAlarms, needsAgeGauge } from './backup-alarms.ts';
import { BackupArchive, type BackupArchiveArgs, type ReplicaArgs } from './backup-archive.ts';
import { BackupSchedule, type BackupScheduleArgs } from './backup-schedule.ts';
import { BackupTask } from './backup-task.ts';
import { trimmedPrefix } from './policies/archive-place.ts';
import { RuntimeImage } from './runtime-image.ts';

export interface MskBackupArgs {
  /**
   * ARN of the MSK cluster, provisioned or serverless, in the region of the provider.
   * @example "arn:aws:kafka:us-west-2:123456789012:cluster/orders/0a1b2c3d-4e5f-6789-abcd-ef0123456789-5"
   */
  clusterArn: pulumi.Input<string>;
  /**
   * Where the task runs: subnets, security groups, VPC endpoints. With `archive.objectLock` and a replica in this account, a task of these
   * subnets also extends the replica's locks, at S3 of the replica's region. Endpoints lead to their own region alone: that takes a NAT
   * gateway or `assignPublicIp`.
   */
  network: NetworkArgs;
  /**
   * Topics to back up: names, or patterns with `*` and `?`; `["*"]` for all. The role may read these and no others. Costs: what is new in
   * them is read from the brokers once, and stored.
   * @example ["orders", "order-*"]
   */
  topics: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Topics that the patterns match and that are left out: names and patterns.
   * @default [] none
   */
  excludedTopics?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Consumer groups whose positions are kept: names and patterns; `[]` for none.
   * @default all
   * @example ["amazon.lambda.*"]
   */
  consumerGroups?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Patterns for the role's policy alone, in place of `topics`: where that is a longer list than a policy holds. They may cover more.
   * @default `topics`
   */
  policyTopics?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * The same for `consumerGroups`.
   * @default `consumerGroups`
   */
  policyGroups?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Label of the cluster in the archive and in restored headers.
   * @default the name in the cluster's ARN
   * @example "msk-production"
   */
  sourceClusterId?: pulumi.Input<string>;
  /**
   * Brokers, `host:port` with commas between.
   * @default asked of MSK, for the mechanism of `authentication`
   */
  bootstrapServers?: pulumi.Input<string>;
  /**
   * When a backup runs: `rate(15 minutes)`, or AWS's cron of six fields, `cron(0 3 * * ? *)`. The longer the time between, the more is
   * lost with the cluster. Costs: each run is a Fargate task, of a minute at least.
   * @default "rate(1 hour)"
   */
  schedule?: pulumi.Input<string>;
  /**
   * Time zone of a cron, by its IANA name.
   * @default "UTC"
   * @example "Europe/Berlin"
   */
  scheduleTimeZone?: pulumi.Input<string>;
  /**
   * Minutes within which AWS may start a run after its time, 0 to 1440.
   * @default 0, which is: at its minute
   */
  scheduleFlexibleMinutes?: pulumi.Input<number>;
  /**
   * False: the schedule is there and starts nothing.
   * @default true
   */
  scheduleEnabled?: pulumi.Input<boolean>;
  /**
   * Role that the task runs as, by its ARN; nothing is changed on it. The output `taskPolicyJson` says what it needs.
   * @default one is made
   */
  taskRoleArn?: pulumi.Input<string>;
  /**
   * SQS queue for starts that ECS refused to the end; the role of the schedule may send to it.
   * @default one is made
   */
  deadLetterQueueArn?: pulumi.Input<string>;
  /**
   * A copy of the archive in another region, and the alarms that belong there. Costs: the storage once more, 0.02 USD a GB of transfer and
   * 0.015 USD a GB of replication time control (docs/cost.md).
   * @default none: a region that is lost takes the backups with it
   */
  replica?: BackupReplicaArgs;
  /**
   * SNS topic that alarms go to, in the cluster's region. Its policy has to admit CloudWatch and EventBridge: the component's output
   * `topicPolicyJson` has the statements. One that is encrypted needs the same of its key. With a replica there are alarms in its region,
   * too, which go to `replica.alarmTopicArn`.
   * @default one is made, encrypted with a key of its own: 1 USD a month
   */
  alarmTopicArn?: pulumi.Input<string>;
  /**
   * The archive: its place, keys, storage class, Object Lock, or a bucket that is there already. Its replica, tags and deletion
   * protection are those of this component.
   * @default a bucket with a key of its own
   */
  archive?: BackupArchiveArgs;
  /**
   * How the task signs in to the brokers.
   * @default IAM
   */
  authentication?: AuthenticationArgs;
  /**
   * Size, processors, ECS cluster and log of the task.
   * @default 1 CPU and 2 GiB on arm64, in a cluster that is made: 0.04 USD an hour of running
   */
  compute?: ComputeArgs;
  /**
   * The image that the task runs.
   * @default built by `RuntimeImage`, with the Docker of the machine that deploys
   */
  image?: ImageArgs;
  /**
   * What is watched, and who is told.
   * @default everything
   */
  alarms?: BackupAlarmSettingsArgs;
  /**
   * More of the runtime's configuration (docs/configuration.md), as YAML, laid over what this component writes. Secrets are refused: they
   * belong in `authentication`.
   * @example "backup: {compression: zstd}"
   */
  settingsYaml?: pulumi.Input<string>;
  /**
   * Protects buckets and keys: a deployment that would delete one is refused, and what is taken out of the stack stays in AWS.
   * @default true
   */
  deletionProtection?: boolean;
  /** Tags of all resources. Default: none. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

export interface BackupReplicaArgs extends ReplicaArgs {
  /**
   * SNS topic in that region, for alarms on what waits for replication, which S3 publishes there, and on drills.
   * @default one is made, with a key of its own: 1 USD a month. Whoever subscribes to `alarmTopicArn` has to subscribe to it as well: it
   * is the output `replicaAlarmTopicArn`, and `alarms.emailAddresses` are told by it
   */
  alarmTopicArn?: pulumi.Input<string>;
}

export interface BackupAlarmSettingsArgs {
  /**
   * False: no alarms, no topics, no dashboard. The metrics are written all the same.
   * @default true
   */
  enabled?: boolean;
  /**
   * Runs in a row without a success that are an alarm, 1 to 100.
   * @default 3
   */
  missedRuns?: pulumi.Input<number>;
  /**
   * Seconds by which the newest backup may lag behind the topics.
   * @default twice the interval of the schedule, at least 3600
   */
  maxLagSeconds?: pulumi.Input<number>;
  /**
   * Schedule of the `DrDrill` that restores this archive: its replica, where there is one. That drills stay away is then an alarm, in
   * the replica's region. `DrDrill` itself tells of those that fail: give it `replicaAlarmTopicArn` as its `alarmTopicArn`.
   * @default none: drills are not watched
   * @example "rate(7 days)"
   */
  drillSchedule?: pulumi.Input<string>;
  /**
   * Who is told by mail; each address confirms once, for each topic. For topics that are made: that of the replica's region, too.
   * @default [] nobody
   */
  emailAddresses?: string[];
  /**
   * A CloudWatch dashboard of runs, lag, sizes and replication. Costs: 3 USD a month, after the account's first three.
   * @default true
   */
  dashboard?: boolean;
}

/**
 * Backups of an MSK cluster, from its ARN: a bucket for the archive, its replica in another region, a task on Fargate that reads
 * what is new in the topics, a schedule, alarms and a dashboard. Each part can be had alone: `BackupArchive`, `BackupTask`,
 * `BackupSchedule`, `BackupAlarms`, `RuntimeImage`.
 */
export class MskBackup extends pulumi.ComponentResource {
  /** Of the archive. */
  readonly bucketName: pulumi.Output<string>;
  /** Of the archive. */
  readonly bucketArn: pulumi.Output<string>;
  /** KMS key of the bucket; undefined for an adopted bucket without one. */
  readonly keyArn?: pulumi.Output<string>;
  /** Where the archive lies in the bucket, without slashes at either end. */
  readonly prefix: pulumi.Output<string>;
  /** The bucket's policy. For an adopted bucket, the statements that have to stand in its policy. */
  readonly bucketPolicyJson: pulumi.Output<string>;
  /** Undefined without a replica, as are the others of the replica. */
  readonly replicaBucketName?: pulumi.Output<string>;
  /** Bucket of the replica. */
  readonly replicaBucketArn?: pulumi.Output<string>;
  /** KMS key of the replica. */
  readonly replicaKeyArn?: pulumi.Output<string>;
  /** Image that the task runs, with its digest. */
  readonly imageUri: pulumi.Output<string>;
  /** The same image in the replica's region, where this component has built it. */
  readonly replicaImageUri?: pulumi.Output<string>;
  /** With its revision. */
  readonly taskDefinitionArn: pulumi.Output<string>;
  /** What the task may do. */
  readonly taskRoleArn: pulumi.Output<string>;
  /** Cluster in which the task runs. */
  readonly ecsClusterArn: pulumi.Output<string>;
  /** The runtime's configuration, as the task gets it. */
  readonly configurationYaml: pulumi.Output<string>;
  /** Log of the task. */
  readonly logGroupName: pulumi.Output<string>;
  /** Name of the schedule. */
  readonly scheduleName: pulumi.Output<string>;
  /** Queue of starts that ECS refused to the end, of all schedules. */
  readonly deadLetterQueueArn: pulumi.Output<string>;
  /** SNS topic of the alarms; undefined without alarms. */
  readonly alarmTopicArn?: pulumi.Output<string>;
  /** SNS topic in the replica's region; undefined without a replica or alarms. */
  readonly replicaAlarmTopicArn?: pulumi.Output<string>;
  /** Statements that the policy of a given alarm topic needs; undefined without alarms. */
  readonly topicPolicyJson?: pulumi.Output<string>;
  /** The same for the bucket of the replica. */
  readonly replicaBucketPolicyJson?: pulumi.Output<string>;
  /** Lifecycle rules of the bucket. For an adopted bucket, those that its lifecycle has to have. */
  readonly lifecycleRulesJson: pulumi.Output<string>;
  /** Replication rules that an adopted bucket has to have; undefined without a replica of one. */
  readonly replicationRulesJson?: pulumi.Output<string>;
  /** What the role of an adopted bucket's replication needs; undefined without a replica of one. */
  readonly replicationPolicyJson?: pulumi.Output<string>;
  /** Role that S3 replicates with; undefined without a replica, and for an adopted bucket. */
  readonly replicationRoleArn?: pulumi.Output<string>;
  /** Role that extends locks; undefined without Object Lock. */
  readonly lockRoleArn?: pulumi.Output<string>;
  /** Policy of the task's role. For an adopted role, what it needs. */
  readonly taskPolicyJson: pulumi.Output<string>;
  /** What starts the task: image, secrets, log. */
  readonly executionRoleArn: pulumi.Output<string>;
  /** Groups that the task runs with. */
  readonly securityGroupIds: pulumi.Output<string[]>;
  /** ARN of the schedule. */
  readonly scheduleArn: pulumi.Output<string>;
  /** Statements that the key of a given alarm topic needs; undefined without alarms. */
  readonly topicKeyPolicyJson?: pulumi.Output<string>;
  /** The same for the topic in the replica's region. */
  readonly replicaTopicPolicyJson?: pulumi.Output<string>;
  /** The same for its key. */
  readonly replicaTopicKeyPolicyJson?: pulumi.Output<string>;
  /** Name of the dashboard; undefined without one. */
  readonly dashboardName?: pulumi.Output<string>;
  /** CloudWatch namespace of the metrics. */
  readonly metricNamespace: pulumi.Output<string>;
  /** Value of the metrics' dimension `Archive`. */
  readonly metricArchive: pulumi.Output<string>;

  constructor(name: string, args: MskBackupArgs, opts?: pulumi.ComponentResourceOptions) {
    super('msk-backup:index:MskBackup', name, args, opts);
    const { clusterArn, network, authentication, tags } = args;
    const { schedule = 'rate(1 hour)', scheduleTimeZone } = args;
    const { enabled: withAlarms = true, drillSchedule, ...alarmSettings } = args.alarms ?? {};
    refuse('MskBackup', name, checkBackup(name, args));

    const inside = { parent: this };
    const archive = createArchive();
    const image = args.image ?? createImage();
    const task = createTask();
    const backups = createSchedule(name, { expression: schedule, timeZone: scheduleTimeZone });
    const metricArchive = placeIn(archive.bucketName);
    if (withAlarms && watchedByAge(schedule, scheduleTimeZone, alarmSettings.missedRuns))
      createSchedule(`${name}-age`, { expression: 'rate(1 hour)', command: ['age'] });
    const locks = archive.lockRoleArn === undefined ? [] : [createLockTask(archive.lockRoleArn)];
    const alarms = withAlarms ? createAlarms() : undefined;

    this.bucketName = archive.bucketName;
    this.bucketArn = archive.bucketArn;
    this.prefix = archive.prefix;
    this.bucketPolicyJson = archive.bucketPolicyJson;
    if (archive.keyArn !== undefined) this.keyArn = archive.keyArn;
    if (archive.replicaBucketName !== undefined) this.replicaBucketName = archive.replicaBucketName;
    if (archive.replicaBucketArn !== undefined) this.replicaBucketArn = archive.replicaBucketArn;
    if (archive.replicaKeyArn !== undefined) this.replicaKeyArn = archive.replicaKeyArn;
    this.imageUri = pulumi.output(image.uri);
    if (image instanceof RuntimeImage && image.replicaUri !== undefined) this.replicaImageUri = image.replicaUri;
    this.taskDefinitionArn = task.taskDefinitionArn;
    this.taskRoleArn = task.taskRoleArn;
    this.ecsClusterArn = task.ecsClusterArn;
    this.configurationYaml = task.configurationYaml;
    this.logGroupName = task.logGroupName;
    this.scheduleName = backups.scheduleName;
    this.deadLetterQueueArn = backups.deadLetterQueueArn;
    if (archive.replicaBucketPolicyJson !== undefined) this.replicaBucketPolicyJson = archive.replicaBucketPolicyJson;
    this.lifecycleRulesJson = archive.lifecycleRulesJson;
    if (archive.replicationRulesJson !== undefined) this.replicationRulesJson = archive.replicationRulesJson;
    if (archive.replicationPolicyJson !== undefined) this.replicationPolicyJson = archive.replicationPolicyJson;
    if (archive.replicationRoleArn !== undefined) this.replicationRoleArn = archive.replicationRoleArn;
    if (archive.lockRoleArn !== undefined) this.lockRoleArn = archive.lockRoleArn;
    this.taskPolicyJson = task.taskPolicyJson;
    this.executionRoleArn = task.executionRoleArn;
    this.securityGroupIds = task.securityGroupIds;
    this.scheduleArn = backups.scheduleArn;
    if (alarms !== undefined) {
      this.alarmTopicArn = alarms.alarmTopicArn;
      this.topicPolicyJson = alarms.topicPolicyJson;
      if (alarms.replicaAlarmTopicArn !== undefined) this.replicaAlarmTopicArn = alarms.replicaAlarmTopicArn;
      this.topicKeyPolicyJson = alarms.topicKeyPolicyJson;
      if (alarms.replicaTopicPolicyJson !== undefined) this.replicaTopicPolicyJson = alarms.replicaTopicPolicyJson;
      if (alarms.replicaTopicKeyPolicyJson !== undefined)
        this.replicaTopicKeyPolicyJson = alarms.replicaTopicKeyPolicyJson;
      if (alarms.dashboardName !== undefined) this.dashboardName = alarms.dashboardName;
    }
    this.metricNamespace = pulumi.output('KafkaBackup');
    this.metricArchive = metricArchive;
    this.registerOutputs({
      bucketName: this.bucketName,
      bucketArn: this.bucketArn,
      keyArn: this.keyArn,
      prefix: this.prefix,
      bucketPolicyJson: this.bucketPolicyJson,
      replicaBucketName: this.replicaBucketName,
      replicaBucketArn: this.replicaBucketArn,
      replicaKeyArn: this.replicaKeyArn,
      imageUri: this.imageUri,
      replicaImageUri: this.replicaImageUri,
      taskDefinitionArn: this.taskDefinitionArn,
      taskRoleArn: this.taskRoleArn,
      ecsClusterArn: this.ecsClusterArn,
      configurationYaml: this.configurationYaml,
      logGroupName: this.logGroupName,
      scheduleName: this.scheduleName,
      deadLetterQueueArn: this.deadLetterQueueArn,
      alarmTopicArn: this.alarmTopicArn,
      replicaAlarmTopicArn: this.replicaAlarmTopicArn,
      topicPolicyJson: this.topicPolicyJson,
      replicaBucketPolicyJson: this.replicaBucketPolicyJson,
      lifecycleRulesJson: this.lifecycleRulesJson,
      replicationRulesJson: this.replicationRulesJson,
      replicationPolicyJson: this.replicationPolicyJson,
      replicationRoleArn: this.replicationRoleArn,
      lockRoleArn: this.lockRoleArn,
      taskPolicyJson: this.taskPolicyJson,
      executionRoleArn: this.executionRoleArn,
      securityGroupIds: this.securityGroupIds,
      scheduleArn: this.scheduleArn,
      topicKeyPolicyJson: this.topicKeyPolicyJson,
      replicaTopicPolicyJson: this.replicaTopicPolicyJson,
      replicaTopicKeyPolicyJson: this.replicaTopicKeyPolicyJson,
      dashboardName: this.dashboardName,
      metricNamespace: this.metricNamespace,
      metricArchive: this.metricArchive,
    });

    function placeIn(bucketName: pulumi.Output<string>): pulumi.Output<string> {
      return pulumi.all([bucketName, archive.prefix]).apply(([bucket, prefix]) => trimmedPrefix(`${bucket}/${prefix}`));
    }

    function createArchive(): BackupArchive {
      return new BackupArchive(
        name,
        { ...args.archive, replica: replicaBucket(args.replica), deletionProtection: protection(args), tags },
        inside,
      );
    }

    function createImage(): RuntimeImage {
      return new RuntimeImage(
        `${name}-image`,
        { architecture: args.compute?.architecture, replicaRegion: archive.replicaRegion, tags },
        inside,
      );
    }

    function createTask(): BackupTask {
      return new BackupTask(
        name,
        { ...taskArgs(), network, compute: args.compute, taskRoleArn: args.taskRoleArn },
        inside,
      );
    }

    function taskArgs() {
      return {
        clusterArn,
        bootstrapServers: args.bootstrapServers,
        topics: args.topics,
        excludedTopics: args.excludedTopics,
        consumerGroups: args.consumerGroups,
        policyTopics: args.policyTopics,
        policyGroups: args.policyGroups,
        sourceClusterId: args.sourceClusterId,
        archive: {
          bucketName: archive.bucketName,
          region: archive.region,
          prefix: archive.prefix,
          keyArn: archive.keyArn,
        },
        authentication,
        image: { uri: image.uri, repositoryArn: image.repositoryArn },
        settingsYaml: args.settingsYaml,
        tags,
      };
    }

    function createSchedule(
      scheduleName: string,
      when: Pick<BackupScheduleArgs, 'expression' | 'timeZone' | 'command'>,
      which: BackupTask = task,
    ): BackupSchedule {
      return new BackupSchedule(
        scheduleName,
        {
          ...when,
          ...(scheduleName === name
            ? {
                flexibleMinutes: args.scheduleFlexibleMinutes,
                enabled: args.scheduleEnabled,
                deadLetterQueueArn: args.deadLetterQueueArn,
              }
            : // One queue for all schedules, so that one alarm watches it.
              { deadLetterQueueArn: backups.deadLetterQueueArn }),
          ecsClusterArn: which.ecsClusterArn,
          taskDefinitionArn: which.taskDefinitionArn,
          taskRoleArn: which.taskRoleArn,
          executionRoleArn: which.executionRoleArn,
          subnetIds: which.subnetIds,
          securityGroupIds: which.securityGroupIds,
          assignPublicIp: network.assignPublicIp,
          tags,
        },
        inside,
      );
    }

    /** A task of its own, because a task definition has one role, and the backup's may not touch a lock. */
    function createLockTask(lockRoleArn: pulumi.Output<string>): BackupTask {
      const { endpoints: _, brokerSecurityGroupId: __, ...place } = network;
      const locks = new BackupTask(
        `${name}-locks`,
        {
          ...taskArgs(),
          network: { ...place, securityGroupIds: task.securityGroupIds },
          compute: { ...args.compute, ecsClusterArn: task.ecsClusterArn },
          taskRoleArn: lockRoleArn,
        },
        inside,
      );
      const command: pulumi.Input<string>[] = ['locks', 'extend', '--days'];
      command.push(pulumi.output(args.archive!.objectLock!.days).apply(String));
      // Another account extends the locks of its own replica.
      if (archive.replicaBucketName !== undefined && args.replica?.accountId === undefined)
        command.push(
          '--replica',
          pulumi.interpolate`s3://${archive.replicaBucketName}/${archive.prefix}?region=${archive.replicaRegion}`,
        );
      createSchedule(`${name}-locks`, { expression: 'rate(1 day)', command }, locks);
      return locks;
    }

    function createAlarms(): BackupAlarms {
      return new BackupAlarms(
        name,
        {
          ...alarmSettings,
          metricArchive,
          ecsClusterArn: task.ecsClusterArn,
          taskDefinitionArns: [task, ...locks].map((it) => it.taskDefinitionArn),
          schedule,
          scheduleTimeZone,
          topicArn: args.alarmTopicArn,
          deadLetterQueueName: backups.deadLetterQueueName,
          ...(archive.replicaBucketName !== undefined && {
            sourceBucketName: archive.bucketName,
            replicaBucketName: archive.replicaBucketName,
            replicaRegion: archive.replicaRegion,
            replicationRuleId: archive.replicationRuleId,
            replicaTopicArn: args.replica?.alarmTopicArn,
          }),
          ...(drillSchedule !== undefined && {
            drill: { schedule: drillSchedule, metricArchive: placeIn(archive.replicaBucketName ?? archive.bucketName) },
          }),
          tags,
        },
        inside,
      );
    }
  }
}

/** The topic is for the alarms. */
function replicaBucket(replica: BackupReplicaArgs | undefined): ReplicaArgs | undefined {
  if (replica === undefined) return undefined;
  const { alarmTopicArn: _, ...bucket } = replica;
  return bucket;
}

/** Of an adopted bucket nothing is changed, so there is nothing to protect. */
function protection({ archive, deletionProtection }: MskBackupArgs): boolean | undefined {
  return archive?.adopt === undefined ? deletionProtection : undefined;
}

/** Only what is known can be made for: the alarms ask for a plain schedule where runs are that rare. */
function watchedByAge(
  schedule: pulumi.Input<string>,
  timeZone: pulumi.Input<string> | undefined,
  missedRuns: pulumi.Input<number> | undefined,
): boolean {
  if (typeof schedule !== 'string' || !isPlain([timeZone, missedRuns])) return false;
  return needsAgeGauge(schedule, timeZone as string | undefined, missedRuns as number | undefined);
}
