// The program of Pulumi.yaml: MskBackup from configuration alone.
import * as pulumi from '@pulumi/pulumi';
import { MskBackup } from './components/index.ts';

const config = new pulumi.Config();

/** Pulumi.yaml has an empty default for what may be left out. */
const text = (key: string) => config.get(key) || undefined;
const list = (key: string) => {
  const values = config.getObject<string[]>(key) ?? [];
  return values.length === 0 ? undefined : values;
};

const replicaRegion = text('replicaRegion');
const imageUri = text('imageUri');
const services = list('endpoints');

const backup = new MskBackup('backup', {
  clusterArn: config.require('clusterArn'),
  topics: config.requireObject<string[]>('topics'),
  excludedTopics: list('excludedTopics'),
  // An empty list is none, which differs from no list.
  consumerGroups: config.getObject<string[]>('consumerGroups'),
  sourceClusterId: text('sourceClusterId'),
  bootstrapServers: text('bootstrapServers'),
  schedule: text('schedule'),
  scheduleTimeZone: text('scheduleTimeZone'),
  network: {
    subnetIds: config.requireObject<string[]>('subnetIds'),
    brokerSecurityGroupId: text('brokerSecurityGroupId'),
    securityGroupIds: list('securityGroupIds'),
    ...(services === undefined ? {} : { endpoints: { services, routeTableIds: list('routeTableIds') } }),
  },
  authentication: {
    mechanism: text('authentication'),
    usernameSecretArn: text('usernameSecretArn'),
    passwordSecretArn: text('passwordSecretArn'),
  },
  ...(replicaRegion === undefined ? {} : { replica: { region: replicaRegion } }),
  ...(imageUri === undefined ? {} : { image: { uri: imageUri } }),
  archive: { prefix: text('prefix') },
  alarmTopicArn: text('alarmTopicArn'),
  alarms: { emailAddresses: list('alarmEmailAddresses') },
  settingsYaml: text('settingsYaml'),
  deletionProtection: config.getBoolean('deletionProtection'),
});

export const bucketName = backup.bucketName;
export const replicaBucketName = backup.replicaBucketName;
export const taskDefinitionArn = backup.taskDefinitionArn;
export const ecsClusterArn = backup.ecsClusterArn;
export const scheduleName = backup.scheduleName;
export const alarmTopicArn = backup.alarmTopicArn;
export const replicaAlarmTopicArn = backup.replicaAlarmTopicArn;
export const topicPolicyJson = backup.topicPolicyJson;
export const bucketPolicyJson = backup.bucketPolicyJson;
export const logGroupName = backup.logGroupName;
export const metricArchive = backup.metricArchive;
