import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { type Authentication, IAM, mechanismOf } from '../arguments/authentication.ts';
import { parseArn } from '../policies/arn.ts';

/** Which of MSK's bootstrap strings has the listeners of a mechanism. */
const STRINGS: Record<
  string,
  'bootstrapBrokersSaslIam' | 'bootstrapBrokersSaslScram' | 'bootstrapBrokersTls' | 'bootstrapBrokers'
> = {
  [IAM]: 'bootstrapBrokersSaslIam',
  'SCRAM-SHA-512': 'bootstrapBrokersSaslScram',
  'SCRAM-SHA-256': 'bootstrapBrokersSaslScram',
  TLS: 'bootstrapBrokersTls',
  NONE: 'bootstrapBrokers',
};

/** The brokers of an MSK cluster for a mechanism, as MSK tells them. */
export function brokersOf(
  parent: pulumi.Resource,
  clusterArn: pulumi.Output<string>,
  authentication: pulumi.Output<Authentication | undefined>,
): pulumi.Output<string> {
  const region = clusterArn.apply((arn) => parseArn(arn).region);
  const strings = aws.msk.getBootstrapBrokersOutput({ clusterArn, region }, { parent });
  return pulumi.all([strings, authentication, clusterArn]).apply(([it, given, arn]) => {
    const mechanism = mechanismOf(given);
    const brokers = it[STRINGS[mechanism] ?? 'bootstrapBrokersSaslIam'];
    if (!brokers) {
      throw new pulumi.InputPropertyError({
        propertyPath: 'authentication.mechanism',
        reason: `${arn} has no listener for ${mechanism}: choose a mechanism that it has, switch this one on in the cluster, or give bootstrapServers`,
      });
    }
    return brokers;
  });
}
