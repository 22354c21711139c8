/** Functions of the provider: what is looked up. */

import { DescribeSubnetsCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { GetBootstrapBrokersCommand, KafkaClient } from '@aws-sdk/client-kafka';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Place } from './place.ts';
import { lower, type Properties } from './values.ts';

type Look = (inputs: Properties, at: Place) => Properties | Promise<Properties>;

const bootstrap: Record<string, string> = {
  BootstrapBrokerString: 'bootstrapBrokers',
  BootstrapBrokerStringTls: 'bootstrapBrokersTls',
  BootstrapBrokerStringSaslScram: 'bootstrapBrokersSaslScram',
  BootstrapBrokerStringSaslIam: 'bootstrapBrokersSaslIam',
  BootstrapBrokerStringPublicSaslIam: 'bootstrapBrokersPublicSaslIam',
};

const looks: Record<string, Look> = {
  'aws:index/getCallerIdentity:getCallerIdentity': async (_inputs, at) => {
    const { Account, Arn, UserId } = await at.client(STSClient).send(new GetCallerIdentityCommand({}));
    return { accountId: Account, arn: Arn, userId: UserId, id: Account };
  },
  'aws:index/getRegion:getRegion': (_inputs, at) => ({
    id: at.region,
    name: at.region,
    region: at.region,
    description: at.region,
    endpoint: `ec2.${at.region}.amazonaws.com`,
  }),
  'aws:index/getPartition:getPartition': () => ({
    id: 'aws',
    partition: 'aws',
    dnsSuffix: 'amazonaws.com',
    reverseDnsPrefix: 'com.amazonaws',
  }),
  'aws:msk/getBootstrapBrokers:getBootstrapBrokers': async ({ clusterArn }, at) => {
    const answer = await at.client(KafkaClient).send(new GetBootstrapBrokersCommand({ ClusterArn: clusterArn }));
    // The real one answers an empty string for each way in that the cluster does not have.
    const strings = Object.entries(bootstrap).map(([theirs, ours]) => [
      ours,
      (answer as unknown as Record<string, string | undefined>)[theirs] ?? '',
    ]);
    return { id: clusterArn, clusterArn, ...Object.fromEntries(strings) };
  },
  'aws:ec2/getSubnet:getSubnet': async ({ id }, at) => {
    const { Subnets } = await at.client(EC2Client).send(new DescribeSubnetsCommand({ SubnetIds: [id] }));
    return { ...(lower(Subnets![0]) as Properties), id };
  },
  'aws:ec2/getVpc:getVpc': async ({ id }, at) => {
    const { Vpcs } = await at.client(EC2Client).send(new DescribeVpcsCommand({ VpcIds: [id] }));
    return { ...(lower(Vpcs![0]) as Properties), id };
  },
  'aws:ecr/getAuthorizationToken:getAuthorizationToken': async (_inputs, at) => {
    const { authorizationData } = await at.client(ECRClient).send(new GetAuthorizationTokenCommand({}));
    const { authorizationToken, proxyEndpoint } = authorizationData![0]!;
    const [userName, password] = Buffer.from(authorizationToken!, 'base64').toString('utf8').split(':');
    return { id: at.region, authorizationToken, proxyEndpoint, userName, password };
  },
};

export async function invoke(token: string, inputs: Properties, at: Place): Promise<Properties> {
  const look = looks[token];
  if (!look) throw new Error(`the stand-in AWS provider has no ${token}`);
  return look(inputs, at);
}
