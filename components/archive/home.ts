import * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';
import { type AwsPlace, parseArn } from '../policies/arn.ts';

/** Where the caller's provider deploys to: its partition, region and account. */
export function homeOf(parent: pulumi.Resource): pulumi.Output<AwsPlace> {
  const region = aws.getRegionOutput({}, { parent }).region;
  return aws
    .getCallerIdentityOutput({}, { parent })
    .apply(({ accountId, arn }) =>
      region.apply((region) => ({ partition: parseArn(arn).partition, region, account: accountId })),
    );
}
