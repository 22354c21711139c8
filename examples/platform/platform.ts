// A platform team's repository: a component for each team, all alike. The image is built once, and alarms go to one topic.
//
//   pulumi config set aws:region us-west-2
//   pulumi config set clusterArn arn:aws:kafka:us-west-2:123456789012:cluster/shared/…
//   pulumi config set --path 'subnetIds[0]' subnet-…
//   pulumi config set brokerSecurityGroupId sg-…
//   pulumi config set alarmTopicArn arn:aws:sns:us-west-2:123456789012:platform-alarms
import * as pulumi from '@pulumi/pulumi';
import { MskBackup, RuntimeImage } from 'msk-backup';

interface Team {
  topics: string[];
  schedule: string;
  /** Of the restored groups, those that matter. */
  consumerGroups: string[];
}

const teams: Record<string, Team> = {
  orders: { topics: ['orders', 'order-*'], schedule: 'rate(1 hour)', consumerGroups: ['order-*', 'amazon.lambda.*'] },
  billing: { topics: ['invoices', 'payments'], schedule: 'rate(15 minutes)', consumerGroups: ['billing'] },
  reports: { topics: ['daily-totals'], schedule: 'cron(30 2 * * ? *)', consumerGroups: ['reports'] },
};

const config = new pulumi.Config();
const image = new RuntimeImage('msk-backup', { replicaRegion: 'us-east-1', tags: { team: 'platform' } });

export const buckets: Record<string, pulumi.Output<string>> = {};
for (const [team, { topics, schedule, consumerGroups }] of Object.entries(teams)) {
  const backup = new MskBackup(team, {
    clusterArn: config.require('clusterArn'),
    network: {
      subnetIds: config.requireObject('subnetIds'),
      brokerSecurityGroupId: config.require('brokerSecurityGroupId'),
    },
    topics,
    consumerGroups,
    schedule,
    scheduleFlexibleMinutes: 5, // Not all at the same minute.
    image: { uri: image.uri, repositoryArn: image.repositoryArn },
    replica: { region: 'us-east-1' },
    alarmTopicArn: config.require('alarmTopicArn'),
    tags: { team },
  });
  buckets[team] = backup.bucketName;
}
