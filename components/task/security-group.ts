import * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';
import type { NetworkArgs } from '../arguments/network.ts';

const HTTPS = 443;

export interface GroupSettings {
  name: string;
  parent: pulumi.Resource;
  vpcId: pulumi.Output<string>;
  network: NetworkArgs;
  brokerPort: pulumi.Output<number>;
  region: pulumi.Output<string>;
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** Lets nothing in, and out to the brokers and to AWS alone. */
export function makeSecurityGroup(settings: GroupSettings): aws.ec2.SecurityGroup {
  const { name, parent, vpcId, network, brokerPort, region, tags } = settings;
  const group = new aws.ec2.SecurityGroup(
    `${name}-task`,
    { description: `msk-backup ${name}: to the brokers and to AWS`, vpcId, region, tags },
    { parent },
  );
  const port = { ipProtocol: 'tcp', fromPort: brokerPort, toPort: brokerPort };
  const brokers = network.brokerSecurityGroupId;
  new aws.vpc.SecurityGroupEgressRule(
    `${name}-to-brokers`,
    {
      securityGroupId: group.id,
      description: 'Kafka brokers',
      ...port,
      ...(brokers === undefined ? { cidrIpv4: '0.0.0.0/0' } : { referencedSecurityGroupId: brokers }),
      region,
      tags,
    },
    { parent },
  );
  new aws.vpc.SecurityGroupEgressRule(
    `${name}-to-aws`,
    {
      securityGroupId: group.id,
      description: 'S3, ECR, CloudWatch Logs',
      ipProtocol: 'tcp',
      fromPort: HTTPS,
      toPort: HTTPS,
      cidrIpv4: '0.0.0.0/0',
      region,
      tags,
    },
    { parent },
  );
  if (brokers !== undefined) {
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-into-brokers`,
      {
        securityGroupId: brokers,
        description: `msk-backup ${name}`,
        ...port,
        referencedSecurityGroupId: group.id,
        region,
        tags,
      },
      { parent },
    );
  }
  return group;
}
