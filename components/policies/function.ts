import { parseArn } from './arn.ts';
import { allow, type PolicyDocument, policyDocument, type Statement } from './document.ts';

export interface FunctionAccess {
  /** With or without `:*` at the end. */
  logGroupArn: string;
  /** Where Lambda puts events that failed to the end, with the function's role. */
  deadLetterQueueArn: string;
}

/** What every function in a VPC needs, beside what its program does. */
export function functionStatements({ logGroupArn, deadLetterQueueArn }: FunctionAccess): Statement[] {
  return [
    allow(
      'Log',
      // A stream per instance of the function, and its lines. The group is there already
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      [`${logGroupArn.replace(/:\*$/, '')}:log-stream:*`],
    ),
    allow(
      'NetworkInterfaces',
      [
        // Lambda makes them in the subnets with the function's role, and asks for every one of these when the function is made
        // (AWS Lambda developer guide, "Giving Lambda functions access to resources in an Amazon VPC"). They have no resource before
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses',
        'ec2:UnassignPrivateIpAddresses',
      ],
      ['*'],
    ),
    allow('DeadLetters', ['sqs:SendMessage'], [deadLetterQueueArn]),
  ];
}

/** Of the role with which EventBridge Scheduler calls one function. */
export function invokePolicy(functionArn: string, deadLetterQueueArn: string): PolicyDocument {
  return policyDocument([
    allow('FunctionInvoke', ['lambda:InvokeFunction'], [functionArn]),
    allow('DeadLetters', ['sqs:SendMessage'], [deadLetterQueueArn]),
  ]);
}

/** Any function of the same account and region: a function's name is made when it is, and its role before. */
export function functionsOf(arn: string): string {
  const { partition, region, account } = parseArn(arn);
  return `arn:${partition}:lambda:${region}:${account}:function:*`;
}
