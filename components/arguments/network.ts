import type * as pulumi from '@pulumi/pulumi';
import { type EndpointsArgs, endpointsProblems } from './endpoints.ts';
import type { ArgumentProblem } from './refuse.ts';

/** Where a task or function runs, and how it reaches the brokers and AWS. */
export interface NetworkArgs {
  /**
   * Subnets of the VPC from which the brokers can be reached; at least one, in several zones so that a run does not depend on
   * one. Private ones: they need a NAT gateway, or `endpoints`, to reach S3, ECR and CloudWatch Logs.
   * Example: `["subnet-0a1b2c3d", "subnet-4e5f6a7b"]`.
   */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Security groups to run with; the component then makes none and changes nothing in these. Between 1 and 5. They have to let out
   * TCP to the brokers' port and to 443. Default: one is made that lets out these two and lets nothing in.
   */
  securityGroupIds?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Security group of the brokers. It gets one rule that lets the made group in on the brokers' port, and the made group lets out
   * to it alone on that port; not with `securityGroupIds`. Default: none, and the brokers' group has to let the task in already.
   */
  brokerSecurityGroupId?: pulumi.Input<string>;
  /** VPC of the subnets. Default: looked up from the first subnet. */
  vpcId?: pulumi.Input<string>;
  /**
   * Gives the task a public address, for public subnets without a NAT gateway. Costs what AWS takes for a public IPv4 address
   * while the task runs. Default: false.
   */
  assignPublicIp?: pulumi.Input<boolean>;
  /** VPC endpoints, for subnets without a NAT gateway. Default: none are made. */
  endpoints?: EndpointsArgs;
}

const MOST_GROUPS = 5;

export function networkProblems(
  network: pulumi.Unwrap<NetworkArgs> | undefined,
  propertyPath = 'network',
): ArgumentProblem[] {
  const at = (key: string, reason: string) => ({ propertyPath: `${propertyPath}.${key}`, reason });
  if (network === undefined || network === null) return [at('subnetIds', 'is missing: name at least one subnet')];
  const { subnetIds, securityGroupIds, brokerSecurityGroupId, vpcId, endpoints } = network;
  const problems: ArgumentProblem[] = [];
  if (subnetIds === undefined || subnetIds.length === 0) {
    problems.push(at('subnetIds', 'names no subnet: name at least one, in which the brokers can be reached'));
  } else problems.push(...subnetIds.flatMap((id, i) => idProblems(at, `subnetIds[${i}]`, 'subnet-', id)));
  if (securityGroupIds !== undefined) {
    if (securityGroupIds.length < 1 || securityGroupIds.length > MOST_GROUPS) {
      problems.push(
        at('securityGroupIds', `names ${securityGroupIds.length} groups: name 1 to ${MOST_GROUPS}, or leave it out`),
      );
    }
    problems.push(...securityGroupIds.flatMap((id, i) => idProblems(at, `securityGroupIds[${i}]`, 'sg-', id)));
    if (brokerSecurityGroupId !== undefined) {
      problems.push(
        at(
          'brokerSecurityGroupId',
          'does nothing with securityGroupIds: let these groups in yourself, and leave it out',
        ),
      );
    }
  }
  problems.push(...idProblems(at, 'brokerSecurityGroupId', 'sg-', brokerSecurityGroupId));
  problems.push(...idProblems(at, 'vpcId', 'vpc-', vpcId));
  if (endpoints !== undefined) problems.push(...endpointsProblems(endpoints, `${propertyPath}.endpoints`));
  return problems;
}

function idProblems(
  at: (key: string, reason: string) => ArgumentProblem,
  key: string,
  prefix: string,
  id: string | undefined,
): ArgumentProblem[] {
  if (id === undefined || (id.startsWith(prefix) && /^[a-z]+-[0-9A-Za-z-]+$/.test(id))) return [];
  return [at(key, `is not an id that begins with ${prefix}: ${id === '' ? 'it is empty' : id}`)];
}
