export const ACCOUNT = '123456789012';
export const REGION = 'us-west-2';

// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever it expects there
export type Properties = Record<string, any>;

function regionOf(inputs: Properties): string {
  return typeof inputs.region === 'string' ? inputs.region : REGION;
}

/** Most resources of AWS are found by their name; those that it numbers have ids of their own. */
export function idOf(type: string, name: string, inputs: Properties): string {
  const numbered: Record<string, string> = {
    'aws:ec2/securityGroup:SecurityGroup': 'sg-',
    'aws:ec2/vpcEndpoint:VpcEndpoint': 'vpce-',
    'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule': 'sgr-',
    'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule': 'sgr-',
    'aws:ec2/prefixList:PrefixList': 'pl-',
  };
  return `${numbered[type] ?? ''}${nameOf(type, name, inputs)}`;
}

/** As the provider names what is given no name: the resource's own with a random end, here a fixed one. */
function nameOf(type: string, name: string, inputs: Properties): string {
  const given = inputs.name ?? inputs.bucket ?? inputs.family ?? inputs.functionName;
  if (typeof given === 'string') return given;
  return type.startsWith('aws:') ? `${name}-1a2b3c4` : `${name}-id`;
}

/** ARNs by type: `SERVICE:REGION?:ACCOUNT?:KIND`. */
function arnOf(type: string, name: string, region: string, inputs: Properties): string | undefined {
  const here = `${region}:${ACCOUNT}`;
  const arns: Record<string, string> = {
    'aws:s3/bucket:Bucket': `arn:aws:s3:::${name}`,
    'aws:kms/key:Key': `arn:aws:kms:${here}:key/${name}`,
    'aws:kms/alias:Alias': `arn:aws:kms:${here}:${name}`,
    'aws:iam/role:Role': `arn:aws:iam::${ACCOUNT}:role/${name}`,
    'aws:iam/policy:Policy': `arn:aws:iam::${ACCOUNT}:policy/${name}`,
    'aws:cloudwatch/logGroup:LogGroup': `arn:aws:logs:${here}:log-group:${name}`,
    'aws:ecs/cluster:Cluster': `arn:aws:ecs:${here}:cluster/${name}`,
    'aws:ecs/taskDefinition:TaskDefinition': `arn:aws:ecs:${here}:task-definition/${name}:1`,
    'aws:scheduler/schedule:Schedule': `arn:aws:scheduler:${here}:schedule/${inputs.groupName ?? 'default'}/${name}`,
    'aws:scheduler/scheduleGroup:ScheduleGroup': `arn:aws:scheduler:${here}:schedule-group/${name}`,
    'aws:sqs/queue:Queue': `arn:aws:sqs:${here}:${name}`,
    'aws:sns/topic:Topic': `arn:aws:sns:${here}:${name}`,
    'aws:sns/topicSubscription:TopicSubscription': `arn:aws:sns:${here}:subscription-${name}`,
    'aws:cloudwatch/metricAlarm:MetricAlarm': `arn:aws:cloudwatch:${here}:alarm:${name}`,
    'aws:cloudwatch/compositeAlarm:CompositeAlarm': `arn:aws:cloudwatch:${here}:alarm:${name}`,
    'aws:cloudwatch/dashboard:Dashboard': `arn:aws:cloudwatch::${ACCOUNT}:dashboard/${name}`,
    'aws:cloudwatch/eventRule:EventRule': `arn:aws:events:${here}:rule/${name}`,
    'aws:lambda/function:Function': `arn:aws:lambda:${here}:function:${name}`,
    'aws:lambda/layerVersion:LayerVersion': `arn:aws:lambda:${here}:layer:${name}:1`,
    'aws:ecr/repository:Repository': `arn:aws:ecr:${here}:repository/${name}`,
    'aws:ec2/securityGroup:SecurityGroup': `arn:aws:ec2:${here}:security-group/${name}`,
    'aws:ec2/vpcEndpoint:VpcEndpoint': `arn:aws:ec2:${here}:vpc-endpoint/${name}`,
    'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule': `arn:aws:ec2:${here}:security-group-rule/${name}`,
    'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule': `arn:aws:ec2:${here}:security-group-rule/${name}`,
  };
  return arns[type];
}

export function outputsOf(type: string, name: string, inputs: Properties, id: string): Properties {
  const region = regionOf(inputs);
  if (!type.startsWith('aws:')) return outputsOfOthers(type, name, inputs);
  const called = nameOf(type, name, inputs);
  const arn = arnOf(type, id, region, inputs);
  const more: Record<string, Properties> = {
    'aws:s3/bucket:Bucket': { bucket: called, bucketRegion: region, bucketDomainName: `${called}.s3.amazonaws.com` },
    'aws:kms/key:Key': { keyId: called },
    'aws:ecs/taskDefinition:TaskDefinition': {
      revision: 1,
      arnWithoutRevision: arn?.replace(/:1$/, ''),
    },
    'aws:sqs/queue:Queue': { url: `https://sqs.${region}.amazonaws.com/${ACCOUNT}/${called}` },
    'aws:ecr/repository:Repository': {
      repositoryUrl: `${ACCOUNT}.dkr.ecr.${region}.amazonaws.com/${called}`,
      registryId: ACCOUNT,
    },
    'aws:lambda/function:Function': { invokeArn: arn, qualifiedArn: `${arn}:1`, version: '1' },
    'aws:cloudwatch/dashboard:Dashboard': { dashboardArn: arn },
    'aws:ec2/securityGroup:SecurityGroup': { ownerId: ACCOUNT },
    'aws:ec2/vpcEndpoint:VpcEndpoint': { prefixListId: 'pl-68a54001' },
    'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule': { securityGroupRuleId: id },
    'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule': { securityGroupRuleId: id },
  };
  return { name: called, region, ...(arn !== undefined && { arn }), ...more[type] };
}

function outputsOfOthers(type: string, name: string, inputs: Properties): Properties {
  if (type !== 'docker-build:index:Image') return {};
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
  const tag = inputs.tags?.[0] ?? name;
  return { digest, ref: `${tag}@${digest}`, contextHash: 'context' };
}

export function answer(token: string, inputs: Properties): Properties {
  const region = regionOf(inputs);
  switch (token) {
    case 'aws:index/getCallerIdentity:getCallerIdentity':
      return { accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/deployer`, userId: 'AIDAEXAMPLE', id: ACCOUNT };
    case 'aws:index/getRegion:getRegion':
      return { region, name: region, id: region, description: region, endpoint: `ec2.${region}.amazonaws.com` };
    case 'aws:index/getPartition:getPartition':
      return { partition: 'aws', dnsSuffix: 'amazonaws.com', reverseDnsPrefix: 'com.amazonaws', id: 'aws' };
    case 'aws:ec2/getSubnet:getSubnet':
      return { id: inputs.id, vpcId: 'vpc-0a1b2c3d', cidrBlock: '10.0.1.0/24', availabilityZone: `${region}a`, region };
    case 'aws:ec2/getVpc:getVpc':
      return { id: inputs.id, cidrBlock: '10.0.0.0/16', region };
    case 'aws:msk/getBootstrapBrokers:getBootstrapBrokers': {
      const brokers = (port: number) =>
        [1, 2, 3].map((n) => `b-${n}.orders.abc123.c2.kafka.${region}.amazonaws.com:${port}`).join(',');
      return {
        clusterArn: inputs.clusterArn,
        id: inputs.clusterArn,
        region,
        bootstrapBrokers: brokers(9092),
        bootstrapBrokersTls: brokers(9094),
        bootstrapBrokersSaslScram: brokers(9096),
        bootstrapBrokersSaslIam: brokers(9098),
      };
    }
    case 'aws:ecr/getAuthorizationToken:getAuthorizationToken':
      return {
        userName: 'AWS',
        password: 'not-a-password',
        proxyEndpoint: `https://${ACCOUNT}.dkr.ecr.${region}.amazonaws.com`,
      };
    case 'aws:s3/getBucket:getBucket':
      return { id: inputs.bucket, bucket: inputs.bucket, arn: `arn:aws:s3:::${inputs.bucket}`, region };
    default:
      throw new Error(`no answer for ${token}: give one by the option calls of startMocks`);
  }
}
