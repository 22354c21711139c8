import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { AwsPlace } from '../policies/arn.ts';

/**
 * Where a component's resources are: the caller's account, and the region given, or else the provider's. Which account and partition
 * these are is asked of the provider, in its own region.
 */
export function homeOf(parent: pulumi.Resource, region?: pulumi.Input<string>): pulumi.Output<AwsPlace> {
  const partition = aws.getPartitionOutput({}, { parent }).partition;
  const account = aws.getCallerIdentityOutput({}, { parent }).accountId;
  const here = region === undefined ? aws.getRegionOutput({}, { parent }).region : pulumi.output(region);
  return pulumi
    .all([partition, here, account])
    .apply(([partition, region, account]) => ({ partition, region, account }));
}
