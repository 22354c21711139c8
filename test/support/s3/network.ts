/** An MSK cluster and a network in the AWS emulator: what the components find there. */

import { CreateSecurityGroupCommand, CreateSubnetCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateClusterCommand, KafkaClient } from '@aws-sdk/client-kafka';
import type { AwsEmulator } from './emulator.ts';

export interface ClusterPlace {
  clusterArn: string;
  vpcId: string;
  subnetIds: string[];
  brokerSecurityGroupId: string;
}

/** Makes a cluster with IAM authentication, control plane only, and a VPC with two subnets. */
export async function makeMskCluster(aws: AwsEmulator, name: string, region = aws.region): Promise<ClusterPlace> {
  const { endpoint, credentials } = aws;
  const ec2 = new EC2Client({ endpoint, credentials, region });
  const kafka = new KafkaClient({ endpoint, credentials, region });
  try {
    const VpcId = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc!.VpcId!;
    const subnetIds: string[] = [];
    for (const [index, zone] of ['a', 'b'].entries()) {
      const CidrBlock = `10.0.${index}.0/24`;
      const call = new CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone: `${region}${zone}` });
      subnetIds.push((await ec2.send(call)).Subnet!.SubnetId!);
    }
    const group = new CreateSecurityGroupCommand({ GroupName: `${name}-brokers`, Description: 'brokers', VpcId });
    const brokerSecurityGroupId = (await ec2.send(group)).GroupId!;
    const call = new CreateClusterCommand({
      ClusterName: name,
      KafkaVersion: '3.9.x',
      NumberOfBrokerNodes: 2,
      BrokerNodeGroupInfo: {
        ClientSubnets: subnetIds,
        InstanceType: 'kafka.m7g.large',
        SecurityGroups: [brokerSecurityGroupId],
      },
      ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
    });
    const { ClusterArn } = await kafka.send(call);
    return { clusterArn: ClusterArn!, vpcId: VpcId, subnetIds, brokerSecurityGroupId };
  } finally {
    ec2.destroy();
    kafka.destroy();
  }
}
