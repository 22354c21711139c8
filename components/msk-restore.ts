import * as pulumi from '@pulumi/pulumi';
import { afterCheck } from './arguments/after-check.ts';
import { type ArchiveLocationArgs, placeOf } from './arguments/archive-location.ts';
import { arnOf } from './arguments/arn.ts';
import type { AuthenticationArgs } from './arguments/authentication.ts';
import { type Checks, checked, problemsOf } from './arguments/checked.ts';
import type { ComputeArgs } from './arguments/compute.ts';
import { homeOf } from './arguments/home.ts';
import type { ImageArgs } from './arguments/image.ts';
import type { NetworkArgs } from './arguments/network.ts';
import type { ArgumentProblem } from './arguments/refuse.ts';
import type { AwsPlace } from './policies/arn.ts';
import { clustersNamed, isClusterName } from './policies/cluster-resources.ts';
import type { PolicyDocument } from './policies/document.ts';
import { sizeProblems, topicPatternProblems } from './policies/problems.ts';
import { exactRestorePolicy, restorePolicy } from './policies/restore.ts';
import { brokersOf } from './task/brokers.ts';
import { configurationYaml, renderingProblems } from './task/configuration.ts';
import { dependsOnOther, inRegion } from './task/one-region.ts';
import {
  NOTHING,
  oneOf,
  renderedArguments,
  restoreChecks,
  restoreRendering,
  SOME_BROKER,
  SOME_REGION,
  targetProblems,
  usesIam,
} from './task/restore-settings.ts';
import { withCertificates } from './task/roles.ts';
import { runCommand } from './task/run-command.ts';
import { makeTask } from './task/run-task.ts';

export interface MskRestoreArgs {
  /** ARN of the MSK cluster that is restored to. Default: none yet; see `clusterName`. */
  clusterArn?: pulumi.Input<string>;
  /**
   * Name of the cluster that is restored to, for one that is only made after a disaster, in this account and region: the role may
   * use any cluster of this name. The brokers are given when the task is run (`runCommand`). With IAM, this or `clusterArn` is needed.
   */
  clusterName?: pulumi.Input<string>;
  /** Brokers, `host:port` with commas between them. Default: asked of MSK for `clusterArn`; without it, given when the task is run. */
  bootstrapServers?: pulumi.Input<string>;
  /**
   * Topics that are restored: names, patterns with `*` and `?`, and regular expressions behind `~`, which need `policyTopics`.
   * Default: all of the snapshot, and the role may then write every topic of the cluster.
   */
  topics?: pulumi.Input<pulumi.Input<string>[]>;
  /** Topics that are left out although a pattern matches. Default: none. */
  excludedTopics?: pulumi.Input<pulumi.Input<string>[]>;
  /** Consumer groups whose offsets are set: ids and patterns. Default: none. Example: `["amazon.lambda.*"]`. */
  consumerGroups?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Lambda functions whose event source mappings a restore may stop and make again, by their ARNs without a version; what it does with
   * them stands in `settingsYaml` (`restore.lambda`). Default: none.
   */
  lambdaFunctionArns?: pulumi.Input<pulumi.Input<string>[]>;
  /** The archive that is read, in the target's region: in a disaster, the replica. Journals lie beside it, in the same bucket. */
  archive: ArchiveLocationArgs;
  /** Subnets and security groups of the task, in the target's VPC. */
  network: NetworkArgs;
  /** How the task authenticates to the target's brokers. Default: IAM, by the task's role. */
  authentication?: AuthenticationArgs;
  /** CPU, memory, ECS cluster and log. Default: as for `BackupTask`. */
  compute?: ComputeArgs;
  /** The image of the runtime, in this region. */
  image: ImageArgs;
  /**
   * `exact`: every record gets the offset that it had; the role may then delete topics that match. `translate`: new offsets, with an
   * exact map. Default: `exact`.
   */
  offsets?: pulumi.Input<string>;
  /**
   * With exact offsets, what fills the holes: `transactions`, or `markers`, which is faster and lets the role change the cluster's
   * ACLs; not on MSK Serverless. Default: `transactions`.
   */
  fillHolesWith?: pulumi.Input<string>;
  /** With `translate`, the role may also delete topics, for `msk-backup restore --recreate`. Default: false. */
  recreate?: pulumi.Input<boolean>;
  /** More of the runtime's configuration, as YAML (docs/configuration.md); what arguments set cannot be set here. Default: none. */
  settingsYaml?: pulumi.Input<string>;
  /** Patterns of topics for the role's policy, where `topics` has regular expressions or topics are renamed. Default: `topics`. */
  policyTopics?: pulumi.Input<pulumi.Input<string>[]>;
  /** Role for the task, which stays as it is: give it the policy `taskPolicyJson`. Default: one is made. */
  taskRoleArn?: pulumi.Input<string>;
  /**
   * Region of everything that is made, and of the target. A stack that has to be deployed without the primary region needs a provider of
   * this one: a provider's own region is asked, too, whatever is given here. Default: the provider's. Example: `us-east-1`.
   */
  region?: pulumi.Input<string>;
  /** Tags of everything that is made. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * The task that restores, ready before it is needed: task definition, roles, log group, security group and an ECS cluster in the
 * region of the target. Nothing in it depends on another region. It costs nothing until it is run, by `runCommand` or
 * `msk-backup run restore`.
 */
export class MskRestore extends pulumi.ComponentResource {
  /** With its revision. */
  readonly taskDefinitionArn: pulumi.Output<string>;
  /** Role of the program: reads the archive, writes topics and groups. */
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
  /** The line of AWS's command line that starts a restore. */
  readonly runCommand: pulumi.Output<string>;

  constructor(name: string, args: MskRestoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super('msk-backup:index:MskRestore', name, args, opts);
    const { tags: _, ...given } = args;
    const values: Given = { ...NOTHING, ...given };
    const checks = checksOf();
    const fitting = checked('MskRestore', name, values, checks, (known) =>
      problemsOf(checks, known as Given).length > 0 ? [] : togetherProblems(known),
    );
    const home = homeOf(this, args.region);
    const passed = inRegion('MskRestore', name, fitting, home, dependsOnOther);
    const it = afterCheck(values, passed);
    const brokers = createBrokers(this);
    const yaml = configurationYaml(
      'MskRestore',
      name,
      pulumi.all([passed, home, brokers]).apply(([known, { region }, servers]) => rendering(known, servers, region)),
      renderedArguments(args),
    );
    const policy = pulumi.all([passed, home]).apply(([known, place]) => taskPolicy(known, place));
    const task = makeTask({
      name,
      parent: this,
      home,
      command: ['restore'],
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
    this.runCommand = pulumi
      .all([home, task.ecsClusterArn, task.taskDefinitionArn, task.subnetIds, task.securityGroupIds, it.network])
      .apply(([{ region }, ecsClusterArn, taskDefinitionArn, subnetIds, securityGroupIds, network]) =>
        runCommand({
          region,
          ecsClusterArn,
          taskDefinitionArn,
          subnetIds,
          securityGroupIds,
          assignPublicIp: network.assignPublicIp ?? false,
          brokersLater: args.bootstrapServers === undefined && args.clusterArn === undefined,
        }),
      );
    this.registerOutputs({ ...task, runCommand: this.runCommand });

    function createBrokers(parent: pulumi.Resource): pulumi.Output<string | undefined> {
      if (args.bootstrapServers !== undefined || args.clusterArn === undefined) return it.bootstrapServers;
      return brokersOf(parent, it.clusterArn as pulumi.Output<string>, it.authentication);
    }
  }
}

type Given = Omit<MskRestoreArgs, 'tags'>;
type Values = pulumi.Unwrap<Given>;

const functionArn = arnOf('a Lambda function', 'arn:aws:lambda:REGION:ACCOUNT:function:NAME', /^function:[^:]+$/);

function checksOf(): Checks<Given> {
  return {
    ...restoreChecks(),
    clusterName: (name, propertyPath) =>
      name === undefined || isClusterName(name)
        ? []
        : [{ propertyPath, reason: `is not the name of an MSK cluster: ${name || 'it is empty'}` }],
    fillHolesWith: oneOf('transactions', 'markers'),
    lambdaFunctionArns: (arns, path) => (arns ?? []).flatMap((arn, i) => functionArn(arn, `${path}[${i}]`)),
    policyTopics: (topics, path) => topicPatternProblems(path, topics ?? []),
  };
}

function togetherProblems(values: Values): ArgumentProblem[] {
  const { clusterArn, clusterName, bootstrapServers, taskRoleArn, offsets, fillHolesWith, topics, policyTopics } =
    values;
  const problems = targetProblems(values);
  if (usesIam(values) && clusterArn === undefined && clusterName === undefined && taskRoleArn === undefined) {
    problems.push({
      propertyPath: 'clusterArn',
      reason: 'is missing, and so is clusterName: the role may use no cluster; name one, or one that will be made',
    });
  }
  if (clusterArn !== undefined && clusterName !== undefined) {
    problems.push({ propertyPath: 'clusterName', reason: 'is not used with clusterArn: leave it out' });
  }
  if (fillHolesWith !== undefined && offsets === 'translate') {
    problems.push({ propertyPath: 'fillHolesWith', reason: 'is not used with offsets translate: leave it out' });
  }
  if (policyTopics === undefined && usesIam(values))
    problems.push(...topicPatternProblems('topics', topics ?? [], 'policyTopics'));
  if (problems.length > 0) return problems;
  const servers = bootstrapServers ?? (clusterArn === undefined ? undefined : SOME_BROKER);
  const place = { partition: 'aws', region: SOME_REGION, account: '123456789012' };
  return [
    ...renderingProblems(rendering(values, servers, SOME_REGION)),
    ...sizeProblems('topics', taskPolicy(values, place), 'inline role policy'),
  ];
}

function rendering(values: Values, bootstrapServers: string | undefined, region: string) {
  return restoreRendering(values, bootstrapServers, region, { restore: { fill_holes_with: values.fillHolesWith } });
}

function taskPolicy(values: Values, home: AwsPlace): PolicyDocument {
  const {
    clusterArn,
    clusterName,
    topics = ['*'],
    policyTopics,
    consumerGroups,
    recreate,
    lambdaFunctionArns,
  } = values;
  const target = clusterArn ?? (clusterName === undefined ? undefined : clustersNamed(home, clusterName));
  const access = {
    ...(usesIam(values) &&
      target !== undefined && {
        cluster: { clusterArn: target, topics: policyTopics ?? topics, groups: consumerGroups, recreate },
      }),
    archive: placeOf(values.archive, home.partition),
    ...(lambdaFunctionArns !== undefined && { mappings: { functionArns: lambdaFunctionArns } }),
  };
  const document =
    values.offsets === 'translate'
      ? restorePolicy(access)
      : exactRestorePolicy({
          ...access,
          fillHolesWith: values.fillHolesWith as 'transactions' | 'markers' | undefined,
        });
  return withCertificates(document, values.authentication);
}
