// Two stacks of one program. `primary` lies in us-west-2: hourly backups of the cluster, with a replica in us-east-1. `recovery`
// lies in us-east-1: a task that restores onto the cluster there, and a drill every week, which restores into topics of its own,
// compares and deletes them. Nothing that `recovery` has depends on us-west-2 when that is lost: image, role, logs, key and bucket
// are in us-east-1.
//
//   pulumi stack init primary
//   pulumi config set aws:region us-west-2
//   pulumi config set clusterArn arn:aws:kafka:us-west-2:123456789012:cluster/orders/…
//   pulumi config set --path 'subnetIds[0]' subnet-…            # of us-west-2
//   pulumi config set brokerSecurityGroupId sg-…
//   pulumi up
//
//   pulumi stack init recovery
//   pulumi config set aws:region us-east-1
//   pulumi config set clusterArn arn:aws:kafka:us-east-1:123456789012:cluster/orders-dr/…
//   pulumi config set --path 'subnetIds[0]' subnet-…            # of us-east-1
//   pulumi config set brokerSecurityGroupId sg-…
//   pulumi config set imageUri "$(pulumi stack output replicaImageUri -s primary)"
//   pulumi config set replicaBucketName "$(pulumi stack output replicaBucketName -s primary)"
//   pulumi config set replicaKeyArn "$(pulumi stack output replicaKeyArn -s primary)"
//   pulumi config set replicaAlarmTopicArn "$(pulumi stack output replicaAlarmTopicArn -s primary)"
//   pulumi up
import * as pulumi from '@pulumi/pulumi';
import { DrDrill, MskBackup, MskRestore, RuntimeImage } from 'msk-backup';

const config = new pulumi.Config();
const clusterArn = config.require('clusterArn');
const network = {
  subnetIds: config.requireObject<string[]>('subnetIds'),
  brokerSecurityGroupId: config.require('brokerSecurityGroupId'),
};
const topics = ['orders', 'order-events'];
const consumerGroups = ['amazon.lambda.*', 'order-*'];
const DRILLS = 'cron(0 4 ? * SUN *)';

const made = pulumi.getStack() === 'recovery' ? recovery() : primary();
// One by one, so that each is an output of its stack; those of the other stack are not there.
export const { replicaImageUri, replicaBucketName, replicaKeyArn, replicaAlarmTopicArn } = made;
export const { restoreCommand, drillSchedule } = made;

interface Made {
  replicaImageUri?: pulumi.Output<string>;
  replicaBucketName?: pulumi.Output<string>;
  replicaKeyArn?: pulumi.Output<string>;
  replicaAlarmTopicArn?: pulumi.Output<string>;
  restoreCommand?: pulumi.Output<string>;
  drillSchedule?: pulumi.Output<string>;
}

function primary(): Made {
  const image = new RuntimeImage('msk-backup', { replicaRegion: 'us-east-1' });
  const backup = new MskBackup('orders', {
    clusterArn,
    network,
    topics,
    consumerGroups,
    image: { uri: image.uri, repositoryArn: image.repositoryArn },
    replica: { region: 'us-east-1' },
    alarms: { drillSchedule: DRILLS },
  });
  return {
    replicaImageUri: image.replicaUri,
    replicaBucketName: backup.replicaBucketName,
    replicaKeyArn: backup.replicaKeyArn,
    replicaAlarmTopicArn: backup.replicaAlarmTopicArn,
  };
}

function recovery(): Made {
  const shared = {
    clusterArn,
    network,
    topics,
    archive: { bucketName: config.require('replicaBucketName'), keyArn: config.require('replicaKeyArn') },
    image: { uri: config.require('imageUri') },
  };
  const restore = new MskRestore('orders', { ...shared, consumerGroups });
  const alarmTopicArn = config.require('replicaAlarmTopicArn');
  const drill = new DrDrill('orders-drill', { ...shared, schedule: DRILLS, alarmTopicArn });
  return { restoreCommand: restore.runCommand, drillSchedule: drill.scheduleName };
}
