import type * as pulumi from '@pulumi/pulumi';
import { readArn } from '../policies/arn.ts';
import { fargateProblems } from './fargate-sizes.ts';
import { logRetentionDays } from './log-retention.ts';
import type { ArgumentProblem } from './refuse.ts';

/** What a Fargate task runs on. It costs by the second, and only while it runs. */
export interface ComputeArgs {
  /**
   * CPU units, 1024 for a virtual CPU: 256, 512, 1024, 2048, 4096, 8192 or 16384. A backup takes about 2.5 CPU seconds for a GB that its
   * producer compressed, and 6 for one that is compressed on the way. Default: 1024.
   */
  cpu?: pulumi.Input<number>;
  /** Memory in MiB, as Fargate allows for the CPU: 2048 to 8192 for 1024 units. Default: 2048, or the least for the CPU when that is more. */
  memoryMiB?: pulumi.Input<number>;
  /** `arm64` or `x86_64`, as the image is. arm64 costs a fifth less. Default: `arm64`. */
  architecture?: pulumi.Input<string>;
  /** Disk in GiB, 21 to 200. A run keeps next to nothing there; what is more than 20 costs. Default: Fargate's 20. */
  ephemeralStorageGiB?: pulumi.Input<number>;
  /** ECS cluster to run in, which stays as it is. Default: one is made, with Container Insights off. */
  ecsClusterArn?: pulumi.Input<string>;
  /** Days that CloudWatch keeps the log: one of its values, such as 7, 30, 90, 365; 0 for ever. Default: 90. */
  logRetentionDays?: pulumi.Input<number>;
  /** KMS key of the log, whose policy has to admit CloudWatch Logs. Default: CloudWatch's own encryption. */
  logKeyArn?: pulumi.Input<string>;
}

export type Compute = pulumi.Unwrap<ComputeArgs>;

export function computeProblems(compute: Compute | undefined, propertyPath = 'compute'): ArgumentProblem[] {
  if (compute === undefined) return [];
  const at = (key: keyof Compute, reason: string) => ({ propertyPath: `${propertyPath}.${key}`, reason });
  const { cpu, memoryMiB, architecture, ephemeralStorageGiB: disk, ecsClusterArn, logKeyArn } = compute;
  const problems = fargateProblems(cpu, memoryMiB, propertyPath);
  if (architecture !== undefined && architecture !== 'arm64' && architecture !== 'x86_64') {
    problems.push(at('architecture', `is neither arm64 nor x86_64: ${architecture}`));
  }
  if (disk !== undefined && !(Number.isInteger(disk) && disk >= 21 && disk <= 200)) {
    problems.push(at('ephemeralStorageGiB', `is not a whole number from 21 to 200: ${disk}; leave it out for 20`));
  }
  if (ecsClusterArn !== undefined) {
    const { service, resource } = readArn(ecsClusterArn) ?? {};
    if (service !== 'ecs' || !/^cluster\/[A-Za-z0-9_-]+$/.test(resource!)) {
      problems.push(at('ecsClusterArn', `is not the ARN of an ECS cluster: ${ecsClusterArn}`));
    }
  }
  problems.push(...logRetentionDays(compute.logRetentionDays, `${propertyPath}.logRetentionDays`));
  if (logKeyArn !== undefined) {
    const { service, resource } = readArn(logKeyArn) ?? {};
    if (service !== 'kms' || !resource?.startsWith('key/')) {
      problems.push(at('logKeyArn', `is not the ARN of a KMS key: ${logKeyArn}`));
    }
  }
  return problems;
}
