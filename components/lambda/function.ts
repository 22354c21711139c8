import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { brokerPort } from '../arguments/authentication.ts';
import type { NetworkArgs } from '../arguments/network.ts';
import type { ArgumentProblem } from '../arguments/refuse.ts';
import { parseArn } from '../policies/arn.ts';
import { policyDocument, type Statement } from '../policies/document.ts';
import { functionStatements, functionsOf } from '../policies/function.ts';
import { sizeProblems } from '../policies/problems.ts';
import { functionTrustPolicy } from '../policies/trust.ts';
import { makeSecurityGroup } from '../task/security-group.ts';
import { makeEndpoints } from '../task/vpc-endpoints.ts';
import { codeArguments, type LambdaCodeArgs } from './code.ts';

export interface FunctionSettings {
  name: string;
  parent: pulumi.Resource;
  description: string;
  /** Module in the runtime's folder `lambda`. */
  handler: string;
  code: LambdaCodeArgs;
  clusterArn: pulumi.Output<string>;
  network: NetworkArgs;
  /** What the program may do. */
  statements: pulumi.Output<Statement[]>;
  /** The runtime's configuration. */
  yaml: pulumi.Output<string>;
  /** Variables beside it. */
  environment?: Record<string, pulumi.Input<string>>;
  timeoutSeconds: pulumi.Output<number>;
  memoryMiB: pulumi.Output<number>;
  logRetentionDays: pulumi.Output<number>;
  /** Gets events that failed to the end. */
  deadLetters: aws.sqs.Queue;
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

export interface MadeFunction {
  lambda: aws.lambda.Function;
  role: aws.iam.Role;
  logGroup: aws.cloudwatch.LogGroup;
  securityGroupIds: pulumi.Output<string[]>;
}

/**
 * A role's policy that AWS would refuse for its length.
 * @param propertyPath the argument that makes it long
 * @param name of the component, which the names of log and queue begin with
 */
export function functionPolicyProblems(
  propertyPath: string,
  name: string,
  clusterArn: string,
  program: Statement[],
): ArgumentProblem[] {
  const { partition, region, account } = parseArn(clusterArn);
  // Pulumi ends names with a hyphen and seven digits.
  const around = functionStatements({
    logGroupArn: `arn:${partition}:logs:${region}:${account}:log-group:${name}-log-0000000`,
    deadLetterQueueArn: `arn:${partition}:sqs:${region}:${account}:${name}-dead-letters-0000000`,
  });
  return sizeProblems(propertyPath, policyDocument([...program, ...around]), 'inline role policy');
}

/** A function in the VPC of the brokers, with its log, role and security group. */
export function makeFunction(settings: FunctionSettings): MadeFunction {
  const { name, parent, clusterArn, network, deadLetters, tags } = settings;
  const logGroup = new aws.cloudwatch.LogGroup(
    `${name}-log`,
    { retentionInDays: settings.logRetentionDays, tags },
    { parent },
  );
  const role = new aws.iam.Role(
    `${name}-function`,
    {
      description: `msk-backup ${name}: what the function may do`,
      assumeRolePolicy: clusterArn.apply((arn) => JSON.stringify(functionTrustPolicy(functionsOf(arn)))),
      tags,
    },
    { parent },
  );
  const policy = new aws.iam.RolePolicy(
    `${name}-function`,
    {
      role: role.name,
      policy: pulumi
        .all([settings.statements, logGroup.arn, deadLetters.arn])
        .apply(([program, logGroupArn, deadLetterQueueArn]) =>
          JSON.stringify(policyDocument([...program, ...functionStatements({ logGroupArn, deadLetterQueueArn })])),
        ),
    },
    { parent },
  );
  const region = clusterArn.apply((arn) => parseArn(arn).region);
  const subnetIds = pulumi.output(network.subnetIds);
  const vpcId =
    network.vpcId === undefined
      ? aws.ec2.getSubnetOutput({ id: subnetIds.apply((ids) => ids[0]!), region }, { parent }).vpcId
      : pulumi.output(network.vpcId);
  const around = { name, parent, vpcId, network, region, tags };
  const securityGroupIds =
    network.securityGroupIds === undefined
      ? pulumi.all([makeSecurityGroup({ ...around, brokerPort: pulumi.output(brokerPort(undefined)) }).id])
      : pulumi.output(network.securityGroupIds);
  const endpoints = makeEndpoints(around);
  const lambda = new aws.lambda.Function(
    `${name}-function`,
    {
      ...codeArguments(settings.code, settings.handler),
      description: settings.description,
      role: role.arn,
      timeout: settings.timeoutSeconds,
      memorySize: settings.memoryMiB,
      environment: { variables: { MSK_BACKUP_CONFIG: settings.yaml, ...settings.environment } },
      vpcConfig: { subnetIds, securityGroupIds },
      deadLetterConfig: { targetArn: deadLetters.arn },
      loggingConfig: { logFormat: 'Text', logGroup: logGroup.name },
      tags,
    },
    // Lambda tries the role's permissions on network interfaces and the queue when the function is made.
    { parent, dependsOn: [policy, ...endpoints] },
  );
  return { lambda, role, logGroup, securityGroupIds };
}
