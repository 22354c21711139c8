import type * as pulumi from '@pulumi/pulumi';
import { type NetworkArgs, networkProblems } from '../arguments/network.ts';
import type { ArgumentProblem } from '../arguments/refuse.ts';

/** What is wrong with the network of a function. */
export function functionNetworkProblems(
  network: pulumi.Unwrap<NetworkArgs> | undefined,
  propertyPath: string,
): ArgumentProblem[] {
  const problems = networkProblems(network, propertyPath);
  if (network?.assignPublicIp)
    problems.push({
      propertyPath: `${propertyPath}.assignPublicIp`,
      reason: 'cannot be: a function has no public address',
    });
  return problems;
}
