// The Lambda flavour: a small cluster, whose backup ends within minutes, needs no ECS. The function is the same image, built for
// Lambda; a run that reaches the end of its time keeps what it has, and the next one goes on.
//
//   pulumi config set aws:region us-west-2
//   pulumi config set clusterArn arn:aws:kafka:us-west-2:123456789012:cluster/orders/…
//   pulumi config set --path 'subnetIds[0]' subnet-…
//   pulumi config set brokerSecurityGroupId sg-…
import * as pulumi from '@pulumi/pulumi';
import { BackupArchive, LambdaBackup, RuntimeImage } from 'msk-backup';

const config = new pulumi.Config();

const archive = new BackupArchive('orders', { replica: { region: 'us-east-1' } });
const image = new RuntimeImage('msk-backup-lambda', { lambda: true });

const backup = new LambdaBackup('orders', {
  clusterArn: config.require('clusterArn'),
  network: {
    subnetIds: config.requireObject('subnetIds'),
    brokerSecurityGroupId: config.require('brokerSecurityGroupId'),
  },
  topics: ['orders', 'order-events'],
  archive: { bucketName: archive.bucketName, keyArn: archive.keyArn },
  schedule: 'rate(1 hour)',
  code: { imageUri: image.uri },
});

export const functionName = backup.functionName;
export const bucket = archive.bucketName;
