import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { afterCheck } from './arguments/after-check.ts';
import {
  type ArchiveLocation,
  type ArchiveLocationArgs,
  archiveLocationProblems,
  placeOf,
} from './arguments/archive-location.ts';
import { arnOf, queueArn, required, topicArn } from './arguments/arn.ts';
import { type Checks, checked, problemsOf } from './arguments/checked.ts';
import { logRetentionDays } from './arguments/log-retention.ts';
import type { NetworkArgs } from './arguments/network.ts';
import { wholeNumber } from './arguments/number.ts';
import type { ArgumentProblem } from './arguments/refuse.ts';
import { serversProblems } from './arguments/selection.ts';
import { functionAlarms } from './lambda/alarms.ts';
import { codeProblems, type LambdaCodeArgs } from './lambda/code.ts';
import { functionBrokers, functionRendering, functionRenderingProblems } from './lambda/configuration.ts';
import { functionPolicyProblems, makeFunction } from './lambda/function.ts';
import { functionNetworkProblems } from './lambda/network.ts';
import { parseArn } from './policies/arn.ts';
import { replayPolicy } from './policies/dead-letter-replay.ts';
import type { Statement } from './policies/document.ts';
import { clusterArnProblems, topicPatternProblems } from './policies/problems.ts';
import { makeDeadLetterQueue } from './schedule/dead-letters.ts';
import { configurationYaml } from './task/configuration.ts';
import { clusterHere } from './task/one-region.ts';

export interface DlqReplayArgs {
  /** ARN of the SQS queue to which Lambda sends what it could not process. */
  queueArn: pulumi.Input<string>;
  /** KMS key of that queue. Default: none, SQS's own. */
  queueKeyArn?: pulumi.Input<string>;
  /** ARN of the MSK cluster to which the records go back, with IAM authentication, in the function's region. */
  clusterArn: pulumi.Input<string>;
  /** Topics whose records may be replayed, names and patterns with `*` and `?`; at least one. Example: `["orders"]`. */
  topics: pulumi.Input<pulumi.Input<string>[]>;
  /** Where the archive is: records that retention has taken come from there. What was replayed is noted beside it. */
  archive: ArchiveLocationArgs;
  /** Where the function runs. Subnets have to be private: a function never has a public address. */
  network: NetworkArgs;
  /** The program. */
  code: LambdaCodeArgs;
  /** Brokers, `HOST:PORT` with commas between. Default: the cluster's own for IAM. */
  bootstrapServers?: pulumi.Input<string>;
  /**
   * Replays each message as it comes, by an event source mapping, instead of all of them when the function is called. What failed
   * because of the record itself fails again, without an end. The queue's visibility timeout has to be the function's timeout at
   * least. Default: false.
   */
  replayEach?: boolean;
  /** Seconds that a call may take, 60 to 900. Default: 840. */
  timeoutSeconds?: pulumi.Input<number>;
  /** Memory in MiB, 256 to 10240. Costs in proportion. Default: 1024. */
  memoryMiB?: pulumi.Input<number>;
  /** Days that CloudWatch keeps the log: one of its values, such as 7, 30, 90, 365; 0 for ever. Default: 90. */
  logRetentionDays?: pulumi.Input<number>;
  /** ARN of an SNS topic for the alarms, in the function's region. Default: the alarms tell nobody, of which each deployment warns. */
  alarmTopicArn?: pulumi.Input<string>;
  /** Given to everything that takes tags. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * Replays a dead-letter queue: a function that takes the queue's messages, gets their records from the topic or the archive,
 * produces them again, and deletes a message once the brokers have acknowledged. It reads the queue when it is called, once the reason
 * of the failures is mended; `runCommand` calls it.
 */
export class DlqReplay extends pulumi.ComponentResource {
  readonly functionArn: pulumi.Output<string>;
  readonly functionName: pulumi.Output<string>;
  /** ARN of the function's role. */
  readonly roleArn: pulumi.Output<string>;
  readonly logGroupName: pulumi.Output<string>;
  /** Of all its alarms. */
  readonly alarmArns: pulumi.Output<string[]>;
  /** The line that replays the queue. */
  readonly runCommand: pulumi.Output<string>;

  constructor(name: string, args: DlqReplayArgs, opts?: pulumi.ComponentResourceOptions) {
    super('msk-backup:index:DlqReplay', name, args, opts);
    const { tags } = args;
    const values = {
      queueArn: args.queueArn,
      queueKeyArn: args.queueKeyArn,
      clusterArn: args.clusterArn,
      topics: args.topics,
      bootstrapServers: args.bootstrapServers,
      archive: args.archive,
      network: args.network,
      code: args.code,
      timeoutSeconds: args.timeoutSeconds,
      memoryMiB: args.memoryMiB,
      logRetentionDays: args.logRetentionDays,
      alarmTopicArn: args.alarmTopicArn,
    };
    const checks: Checks<typeof values> = {
      queueArn: required(queueArn),
      queueKeyArn: arnOf('a KMS key', 'arn:aws:kms:REGION:ACCOUNT:key/ID', /^key\/.+/),
      clusterArn: required((value: string, path) => clusterArnProblems(path, value)),
      topics: topicsProblems,
      bootstrapServers: serversProblems,
      archive: archiveLocationProblems,
      network: functionNetworkProblems,
      code: codeProblems,
      timeoutSeconds: wholeNumber(60, 900, 'seconds'),
      memoryMiB: wholeNumber(256, 10_240, 'MiB'),
      logRetentionDays,
      alarmTopicArn: topicArn,
    };
    const passed = checked('DlqReplay', name, values, checks, (known) =>
      problemsOf(checks, known as typeof values).length > 0
        ? []
        : [
            ...functionPolicyProblems('topics', name, known.clusterArn, statementsOf(known)),
            ...functionRenderingProblems(known),
          ],
    );
    const all = afterCheck(values, passed);
    const safe = { ...all, clusterArn: clusterHere('DlqReplay', name, this, all.clusterArn) };

    const brokers = functionBrokers(
      this,
      safe.clusterArn,
      args.bootstrapServers === undefined ? undefined : safe.bootstrapServers,
    );
    const yaml = configurationYaml(
      'DlqReplay',
      name,
      pulumi
        .all([safe.clusterArn, safe.archive, brokers])
        .apply(([clusterArn, archive, servers]) => functionRendering({ clusterArn, archive }, servers)),
      { bootstrapServers: args.bootstrapServers, archive: args.archive },
    );
    const deadLetters = makeDeadLetterQueue(`${name}-dead-letters`, { parent: this, tags });
    const { lambda, role, logGroup } = makeFunction({
      name,
      parent: this,
      description: `Replays a dead-letter queue to MSK (${name})`,
      handler: 'dlq-replay',
      code: args.code,
      clusterArn: safe.clusterArn,
      network: args.network,
      statements: pulumi
        .all([safe.clusterArn, safe.topics, safe.archive, safe.queueArn, safe.queueKeyArn])
        .apply(([clusterArn, topics, archive, queueArn, queueKeyArn]) =>
          statementsOf({ clusterArn, topics, archive, queueArn, queueKeyArn }),
        ),
      yaml,
      environment: { DLQ_QUEUE_URL: safe.queueArn.apply(queueUrl) },
      timeoutSeconds: safe.timeoutSeconds.apply((seconds) => seconds ?? 840),
      memoryMiB: safe.memoryMiB.apply((size) => size ?? 1024),
      logRetentionDays: safe.logRetentionDays.apply((days) => days ?? 90),
      deadLetters,
      tags,
    });
    if (args.replayEach === true) {
      new aws.lambda.EventSourceMapping(
        `${name}-queue`,
        {
          eventSourceArn: safe.queueArn,
          functionName: lambda.arn,
          // Messages that were not replayed stay in the queue, and those beside them do not.
          functionResponseTypes: ['ReportBatchItemFailures'],
          tags,
        },
        { parent: this },
      );
    }
    const alarms = functionAlarms(
      {
        name,
        parent: this,
        functionName: lambda.name,
        deadLetterQueueName: deadLetters.name,
        topicArn: args.alarmTopicArn === undefined ? undefined : safe.alarmTopicArn.apply((arn) => arn!),
        tags,
      },
      'A replay of the dead-letter queue failed',
    );

    this.functionArn = lambda.arn;
    this.functionName = lambda.name;
    this.roleArn = role.arn;
    this.logGroupName = logGroup.name;
    this.alarmArns = pulumi.all(alarms.map((it) => it.arn));
    this.runCommand = pulumi.interpolate`aws lambda invoke --region ${safe.clusterArn.apply((arn) => parseArn(arn).region)} --function-name ${lambda.name} --invocation-type Event /dev/stdout`;
    this.registerOutputs({
      functionArn: this.functionArn,
      functionName: this.functionName,
      roleArn: this.roleArn,
      logGroupName: this.logGroupName,
      alarmArns: this.alarmArns,
      runCommand: this.runCommand,
    });
  }
}

interface Access {
  clusterArn: string;
  topics: string[];
  archive: ArchiveLocation;
  queueArn: string;
  queueKeyArn: string | undefined;
}

function statementsOf({ archive, queueKeyArn, ...access }: Access): Statement[] {
  const place = placeOf(archive, parseArn(access.clusterArn).partition);
  return replayPolicy({ ...access, archive: place, ...(queueKeyArn !== undefined && { queueKeyArn }) }).Statement;
}

/** `arn:P:sqs:R:A:NAME` is at `https://sqs.R.DOMAIN/A/NAME`. */
function queueUrl(arn: string): string {
  const { partition, region, account, resource } = parseArn(arn);
  const domain = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://sqs.${region}.${domain}/${account}/${resource}`;
}

function topicsProblems(topics: string[] | undefined, propertyPath: string): ArgumentProblem[] {
  if (topics === undefined || topics.length === 0)
    return [{ propertyPath, reason: 'names no topic: name one at least' }];
  return topicPatternProblems(propertyPath, topics);
}
