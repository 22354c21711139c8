// Backups into a bucket that is there already, on an ECS cluster that is there already. Nothing of the two is changed: a bucket has
// one policy, so the statements that the archive asks for are an output, to be put where that policy is kept. Teams may share the
// bucket, each under a prefix of its own.
//
//   pulumi config set aws:region us-west-2
//   pulumi config set clusterArn arn:aws:kafka:us-west-2:123456789012:cluster/orders/…
//   pulumi config set --path 'subnetIds[0]' subnet-…
//   pulumi config set bucketName company-backups
//   pulumi config set keyArn arn:aws:kms:us-west-2:123456789012:key/…
//   pulumi config set ecsClusterArn arn:aws:ecs:us-west-2:123456789012:cluster/batch
//   pulumi config set --path 'securityGroupIds[0]' sg-…
import * as pulumi from '@pulumi/pulumi';
import { MskBackup } from 'msk-backup';

const config = new pulumi.Config();

const backup = new MskBackup('orders', {
  clusterArn: config.require('clusterArn'),
  network: {
    subnetIds: config.requireObject('subnetIds'),
    securityGroupIds: config.requireObject('securityGroupIds'), // Its rules are yours: to the brokers, and to AWS by 443.
  },
  topics: ['orders', 'order-events'],
  archive: {
    prefix: 'kafka/orders',
    adopt: { bucketName: config.require('bucketName'), keyArn: config.require('keyArn') },
  },
  compute: { ecsClusterArn: config.require('ecsClusterArn') },
});

/** For the bucket's policy. */
export const bucketPolicyStatements = backup.bucketPolicyJson;
