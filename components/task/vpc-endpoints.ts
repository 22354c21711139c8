import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { NetworkArgs } from '../arguments/network.ts';

const HTTPS = 443;

export interface EndpointSettings {
  name: string;
  parent: pulumi.Resource;
  vpcId: pulumi.Output<string>;
  network: NetworkArgs;
  region: pulumi.Output<string>;
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** The endpoints that are asked for and not there yet. Tasks wait for them: without them an image cannot be pulled. */
export function makeEndpoints(settings: EndpointSettings): aws.ec2.VpcEndpoint[] {
  const { name, parent, vpcId, network, region, tags } = settings;
  const { services = [], existing = {}, routeTableIds } = network.endpoints ?? {};
  const missing = services.filter((service) => existing[service] === undefined);
  const interfaces = missing.filter((service) => service !== 's3');
  const group = interfaces.length === 0 ? undefined : makeGroup(settings);
  const subnetIds = interfaces.length === 0 ? undefined : onePerZone(settings);
  return missing.map((service) => {
    const common = { vpcId, serviceName: pulumi.interpolate`com.amazonaws.${region}.${service}`, region, tags };
    return new aws.ec2.VpcEndpoint(
      `${name}-${service}`,
      group === undefined || service === 's3'
        ? { ...common, vpcEndpointType: 'Gateway', routeTableIds }
        : { ...common, vpcEndpointType: 'Interface', privateDnsEnabled: true, subnetIds, securityGroupIds: [group.id] },
      { parent },
    );
  });
}

/** Everything in the VPC finds these endpoints by the service's usual name, so everything in the VPC is let in. */
function makeGroup({ name, parent, vpcId, region, tags }: EndpointSettings): aws.ec2.SecurityGroup {
  const vpc = aws.ec2.getVpcOutput({ id: vpcId, region }, { parent });
  const cidrBlocks = vpc.apply(({ cidrBlock, cidrBlockAssociations }) =>
    [...new Set([cidrBlock, ...(cidrBlockAssociations ?? []).map((it) => it.cidrBlock)])].sort(),
  );
  return new aws.ec2.SecurityGroup(
    `${name}-endpoints`,
    {
      description: `msk-backup ${name}: VPC endpoints`,
      vpcId,
      ingress: [{ description: 'From the VPC', protocol: 'tcp', fromPort: HTTPS, toPort: HTTPS, cidrBlocks }],
      region,
      tags,
    },
    { parent },
  );
}

/** An endpoint takes one subnet of a zone; the first that is named. */
function onePerZone({ parent, network, region }: EndpointSettings): pulumi.Output<string[]> {
  return pulumi
    .output(network.subnetIds)
    .apply((ids) =>
      pulumi
        .all(ids.map((id) => aws.ec2.getSubnetOutput({ id, region }, { parent }).availabilityZone))
        .apply((zones) => ids.filter((_, i) => zones.indexOf(zones[i]!) === i)),
    );
}
