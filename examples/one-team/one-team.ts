// One team, one cluster: hourly backups, a copy in another region, alarms by mail.
//
//   pulumi config set aws:region us-west-2
//   pulumi config set clusterArn arn:aws:kafka:us-west-2:123456789012:cluster/orders/…
//   pulumi config set --path 'subnetIds[0]' subnet-…
//   pulumi config set brokerSecurityGroupId sg-…
import * as pulumi from '@pulumi/pulumi';
import { MskBackup } from 'msk-backup';

const config = new pulumi.Config();

const backup = new MskBackup('orders', {
  clusterArn: config.require('clusterArn'),
  network: {
    subnetIds: config.requireObject('subnetIds'),
    brokerSecurityGroupId: config.require('brokerSecurityGroupId'),
  },
  topics: ['orders', 'order-events', 'notifications'],
  consumerGroups: ['amazon.lambda.*'],
  replica: { region: 'us-east-1' },
  alarms: { emailAddresses: ['orders-on-call@example.com'] },
});

export const bucket = backup.bucketName;
export const replicaBucket = backup.replicaBucketName;
