import * as pulumi from '@pulumi/pulumi';
import { afterCheck } from './arguments/after-check.ts';
import { type ArchiveLocationArgs, archiveLocationProblems, placeOf } from './arguments/archive-location.ts';
import { roleArn } from './arguments/arn.ts';
import {
  type AuthenticationArgs,
  authenticationProblems,
  IAM,
  mechanismOf,
  portProblems,
} from './arguments/authentication.ts';
import { type Checks, checked, problemsOf } from './arguments/checked.ts';
import { type ComputeArgs, computeProblems } from './arguments/compute.ts';
import { homeOf } from './arguments/home.ts';
import { type ImageArgs, imageProblems } from './arguments/image.ts';
import { type NetworkArgs, networkProblems } from './arguments/network.ts';
import type { ArgumentProblem } from './arguments/refuse.ts';
import { groupsProblems, serversProblems, topicsProblems } from './arguments/selection.ts';
import { parseArn } from './policies/arn.ts';
import { backupPolicy } from './policies/backup.ts';
import type { PolicyDocument } from './policies/document.ts';
import { clusterArnProblems, sizeProblems } from './policies/problems.ts';
import { brokersOf } from './task/brokers.ts';
import { checkSettings, configurationYaml, literal, type Rendering, renderingProblems } from './task/configuration.ts';
import { inRegion, unreachable } from './task/one-region.ts';
import { withCertificates } from './task/roles.ts';
import { makeTask } from './task/run-task.ts';
import { securitySection, serverList, storageSection } from './task/sections.ts';

export interface BackupTaskArgs {
  /**
   * ARN of the MSK cluster that is backed up. Example:
   * `arn:aws:kafka:us-west-2:123456789012:cluster/orders/0a1b2c3d-4e5f-6789-abcd-ef0123456789-5`.
   */
  clusterArn: pulumi.Input<string>;
  /**
   * Brokers, `host:port` with commas between them. Default: asked of MSK for the cluster and the mechanism, which needs
   * `kafka:GetBootstrapBrokers` where this is deployed. Needed with the mechanism PLAIN, which MSK does not have.
   */
  bootstrapServers?: pulumi.Input<string>;
  /**
   * Topics that are backed up: names, and patterns with `*` and `?`; `["*"]` for all but Kafka's own. At least one. The role may
   * read these and no others. Example: `["orders", "order-*"]`.
   */
  topics: pulumi.Input<pulumi.Input<string>[]>;
  /** Topics that are left out although a pattern matches. Default: none. */
  excludedTopics?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Consumer groups whose offsets are kept: ids, and patterns with `*` and `?`; `[]` for none. Default: all that have offsets on the
   * topics. Example: `["amazon.lambda.*"]`.
   */
  consumerGroups?: pulumi.Input<pulumi.Input<string>[]>;
  /** Label of the cluster in `msk-backup list` and in the header of restored records. Default: the cluster's name, from its ARN. */
  sourceClusterId?: pulumi.Input<string>;
  /** Subnets and security groups of the task. */
  network: NetworkArgs;
  /** The archive that is written: bucket, prefix, key. */
  archive: ArchiveLocationArgs;
  /** How the task authenticates to the brokers. Default: IAM, by the task's role. */
  authentication?: AuthenticationArgs;
  /** CPU, memory, ECS cluster and log. Default: one virtual CPU on arm64 with 2 GiB, an ECS cluster of its own, logs for 90 days. */
  compute?: ComputeArgs;
  /** The image of the runtime. */
  image: ImageArgs;
  /**
   * More of the runtime's configuration, as YAML (docs/configuration.md); what arguments set cannot be set here, and secrets cannot
   * be given. Costs up to 60 KiB of the task definition together with the rest. Default: none. Example: `"backup: {compression_level: 3}"`.
   */
  settingsYaml?: pulumi.Input<string>;
  /**
   * Patterns of topics for the role's policy, in place of `topics`, where those are too many for one: they have to cover `topics`.
   * Default: `topics`.
   */
  policyTopics?: pulumi.Input<pulumi.Input<string>[]>;
  /** Patterns of groups for the role's policy, in place of `consumerGroups`, where IAM cannot express those. Default: `consumerGroups`. */
  policyGroups?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Role for the task, which stays as it is: give it the policy `taskPolicyJson`, and let `ecs-tasks.amazonaws.com` take it. Default:
   * one is made with that policy.
   */
  taskRoleArn?: pulumi.Input<string>;
  /** Tags of everything that is made. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** For a rendering before the brokers or the region are known; never deployed. */
const SOME_BROKER = 'broker.invalid:9098';
const SOME_REGION = 'us-east-1';

/**
 * A Fargate task that takes a snapshot of topics and consumer groups: task definition, roles, log group, security group, and an ECS
 * cluster where none is named. It costs nothing until it runs; `BackupSchedule` runs it.
 */
export class BackupTask extends pulumi.ComponentResource {
  /** With its revision. */
  readonly taskDefinitionArn: pulumi.Output<string>;
  /** Role of the program: reads the topics, creates objects in the archive. */
  readonly taskRoleArn: pulumi.Output<string>;
  /** Role with which ECS starts the container. */
  readonly executionRoleArn: pulumi.Output<string>;
  /** ECS cluster, made or given. */
  readonly ecsClusterArn: pulumi.Output<string>;
  /** Security groups, made or given. */
  readonly securityGroupIds: pulumi.Output<string[]>;
  readonly subnetIds: pulumi.Output<string[]>;
  readonly logGroupName: pulumi.Output<string>;
  /** The runtime's configuration, as the container gets it. */
  readonly configurationYaml: pulumi.Output<string>;
  /** What the task's role has to allow. */
  readonly taskPolicyJson: pulumi.Output<string>;
  /** Name of the container in the task definition, for overrides. */
  readonly containerName: pulumi.Output<string>;

  constructor(name: string, args: BackupTaskArgs, opts?: pulumi.ComponentResourceOptions) {
    super('msk-backup:index:BackupTask', name, args, opts);
    const { tags: _, ...given } = args;
    const values: Given = { bootstrapServers: undefined, authentication: undefined, compute: undefined, ...given };
    const checks = checksOf(args);
    const fitting = checked('BackupTask', name, values, checks, (known) =>
      problemsOf(checks, known as Given).length > 0 ? [] : togetherProblems(known),
    );
    const home = homeOf(this);
    const passed = inRegion('BackupTask', name, fitting, home, unreachable);
    const it = afterCheck(values, passed);
    const brokers = args.bootstrapServers === undefined ? brokersOf(this, it.clusterArn, it.authentication) : undefined;
    const known = pulumi.all([passed, home, brokers ?? it.bootstrapServers.apply((servers) => servers ?? '')]);
    const yaml = configurationYaml(
      'BackupTask',
      name,
      known.apply(([values, { region }, servers]) => rendering(values, servers, region)),
      {
        bootstrapServers: args.bootstrapServers,
        topics: args.topics,
        excludedTopics: args.excludedTopics,
        consumerGroups: args.consumerGroups,
        sourceClusterId: args.sourceClusterId,
        archive: args.archive,
        settingsYaml: args.settingsYaml,
      },
    );
    const policy = pulumi.all([passed, home]).apply(([values, { partition }]) => taskPolicy(values, partition));
    const task = makeTask({
      name,
      parent: this,
      home,
      command: ['backup'],
      yaml,
      policy,
      taskRoleArn: args.taskRoleArn,
      network: args.network,
      compute: args.compute,
      checkedCompute: it.compute,
      subnetIds: it.network.apply(({ subnetIds }) => subnetIds),
      image: it.image,
      authentication: it.authentication,
      tags: args.tags,
    });
    this.taskDefinitionArn = task.taskDefinitionArn;
    this.taskRoleArn = task.taskRoleArn;
    this.executionRoleArn = task.executionRoleArn;
    this.ecsClusterArn = task.ecsClusterArn;
    this.securityGroupIds = task.securityGroupIds;
    this.subnetIds = task.subnetIds;
    this.logGroupName = task.logGroupName;
    this.configurationYaml = task.configurationYaml;
    this.taskPolicyJson = task.taskPolicyJson;
    this.containerName = task.containerName;
    this.registerOutputs({ ...task });
  }
}

type Given = Omit<BackupTaskArgs, 'tags'>;
type Values = pulumi.Unwrap<Given>;

function checksOf(args: BackupTaskArgs): Checks<Given> {
  const optional = (topics: string[] | undefined, path: string) =>
    topics === undefined ? [] : topicsProblems()(topics, path);
  return {
    clusterArn: (arn, path) => clusterArnProblems(path, arn ?? ''),
    bootstrapServers: serversProblems,
    topics: topicsProblems('policyTopics'),
    excludedTopics: optional,
    consumerGroups: args.policyGroups === undefined ? groupsProblems : undefined,
    network: networkProblems,
    archive: archiveLocationProblems,
    authentication: authenticationProblems,
    compute: computeProblems,
    image: imageProblems,
    settingsYaml: checkSettings('backup'),
    policyTopics: optional,
    policyGroups: groupsProblems,
    taskRoleArn: roleArn,
  };
}

/** What several arguments come to: the policy's length, and the configuration with everything in it. */
function togetherProblems(values: Values): ArgumentProblem[] {
  const { bootstrapServers, authentication } = values;
  if (mechanismOf(authentication) === 'PLAIN' && bootstrapServers === undefined) {
    return [{ propertyPath: 'bootstrapServers', reason: 'is missing: MSK has no PLAIN, and tells no brokers for it' }];
  }
  return [
    ...portProblems(bootstrapServers, authentication, values.network.securityGroupIds === undefined),
    ...renderingProblems(rendering(values, bootstrapServers ?? SOME_BROKER, SOME_REGION)),
    ...sizeProblems('topics', taskPolicy(values, 'aws'), 'inline role policy').map(({ propertyPath, reason }) => ({
      propertyPath,
      reason: `${reason}, in policyTopics`,
    })),
  ];
}

function rendering(values: Values, bootstrapServers: string, region: string): Rendering {
  const { clusterArn, topics, excludedTopics, consumerGroups, sourceClusterId, archive, authentication } = values;
  return {
    mode: 'backup',
    document: {
      mode: 'backup',
      source: {
        bootstrap_servers: serverList(bootstrapServers),
        security: securitySection(authentication),
        topics: { include: topics, exclude: excludedTopics },
      },
      storage: storageSection(archive, region),
      backup: {
        source_cluster_id: literal(sourceClusterId ?? parseArn(clusterArn).resource.split('/')[1]!),
        consumer_groups: consumerGroups?.map(literal),
      },
      // The alarms read these.
      metrics: { cloudwatch: true },
    },
    settingsYaml: values.settingsYaml,
  };
}

function taskPolicy(values: Values, partition: string): PolicyDocument {
  const { clusterArn, topics, excludedTopics, consumerGroups, policyTopics, policyGroups, authentication } = values;
  const cluster = {
    clusterArn,
    topics: policyTopics ?? topics,
    excludedTopics,
    groups: policyGroups ?? consumerGroups,
  };
  const document = backupPolicy({
    ...(mechanismOf(authentication) === IAM && { cluster }),
    archive: placeOf(values.archive, partition),
  });
  return withCertificates(document, authentication);
}
