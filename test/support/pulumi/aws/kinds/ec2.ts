/** Security groups, their rules, and endpoints. */

import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  CreateVpcEndpointCommand,
  DeleteSecurityGroupCommand,
  DeleteTagsCommand,
  DeleteVpcEndpointsCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcEndpointsCommand,
  EC2Client,
  ModifySecurityGroupRulesCommand,
  type ResourceType,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type VpcEndpointType,
} from '@aws-sdk/client-ec2';
import { drifted, type Kind, unlessMissing } from '../kind.ts';
import type { Place } from '../place.ts';
import { type Properties, same, tagList } from '../values.ts';

function tagSpecifications(type: ResourceType, tags: Record<string, string> | undefined) {
  return tags && [{ ResourceType: type, Tags: tagList(tags) }];
}

async function retag(id: string, inputs: Properties, before: Properties, at: Place): Promise<void> {
  const gone = Object.keys(before.tags ?? {}).filter((Key) => !(Key in (inputs.tags ?? {})));
  const Tags = gone.map((Key) => ({ Key }));
  if (gone.length > 0) await at.client(EC2Client).send(new DeleteTagsCommand({ Resources: [id], Tags }));
  if (inputs.tags)
    await at.client(EC2Client).send(new CreateTagsCommand({ Resources: [id], Tags: tagList(inputs.tags) }));
}

/** A rule inside a group, as `ingress` has it. */
function permission(rule: Properties) {
  return {
    IpProtocol: rule.protocol,
    FromPort: rule.fromPort,
    ToPort: rule.toPort,
    IpRanges: (rule.cidrBlocks ?? []).map((CidrIp: string) => ({ CidrIp, Description: rule.description })),
    UserIdGroupPairs: (rule.securityGroups ?? []).map((GroupId: string) => ({ GroupId })),
  };
}

const group: Kind = {
  named: { property: 'name', length: 255 },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/security_group
  replaces: ['name', 'namePrefix', 'description', 'vpcId'],
  async create({ name, description, vpcId, tags, ingress, egress }, at) {
    const ec2 = at.client(EC2Client);
    const call = new CreateSecurityGroupCommand({
      GroupName: name,
      Description: description,
      VpcId: vpcId,
      TagSpecifications: tagSpecifications('security-group', tags),
    });
    const GroupId = (await ec2.send(call)).GroupId!;
    // The real provider too takes away the rule that lets everything out.
    const everything = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
    await ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: [everything] }));
    if (ingress) {
      const IpPermissions = ingress.map(permission);
      await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    }
    if (egress) {
      const IpPermissions = egress.map(permission);
      await ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions }));
    }
    return GroupId;
  },
  async read(id, _inputs, at) {
    const call = at.client(EC2Client).send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }));
    const seen = (await unlessMissing(call))?.SecurityGroups?.[0];
    return seen && { outputs: { arn: `arn:aws:ec2:${at.region}:${seen.OwnerId}:security-group/${id}` } };
  },
  async update(id, inputs, at, before) {
    await retag(id, inputs, before, at);
  },
  async remove(GroupId, _inputs, at) {
    await at.client(EC2Client).send(new DeleteSecurityGroupCommand({ GroupId }));
  },
};

function rule(isEgress: boolean): Kind {
  return {
    // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/vpc_security_group_ingress_rule
    replaces: ['securityGroupId'],
    async create(inputs, at) {
      const { securityGroupId, ipProtocol, fromPort, toPort, cidrIpv4, referencedSecurityGroupId, description } =
        inputs;
      const Description = description;
      const request = {
        GroupId: securityGroupId,
        IpPermissions: [
          {
            IpProtocol: ipProtocol,
            FromPort: fromPort,
            ToPort: toPort,
            ...(cidrIpv4 && { IpRanges: [{ CidrIp: cidrIpv4, Description }] }),
            ...(referencedSecurityGroupId && {
              UserIdGroupPairs: [{ GroupId: referencedSecurityGroupId, Description }],
            }),
          },
        ],
        TagSpecifications: tagSpecifications('security-group-rule', inputs.tags),
      };
      const ec2 = at.client(EC2Client);
      const answer = isEgress
        ? await ec2.send(new AuthorizeSecurityGroupEgressCommand(request))
        : await ec2.send(new AuthorizeSecurityGroupIngressCommand(request));
      return answer.SecurityGroupRules![0]!.SecurityGroupRuleId!;
    },
    async read(id, inputs, at) {
      const call = new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [id] });
      const seen = (await unlessMissing(at.client(EC2Client).send(call)))?.SecurityGroupRules?.find(
        ({ SecurityGroupRuleId }) => SecurityGroupRuleId === id,
      );
      if (!seen) return undefined;
      const now = { fromPort: seen.FromPort, toPort: seen.ToPort, cidrIpv4: seen.CidrIpv4 };
      return { inputs: drifted(inputs, now, (a, b) => !same(a, b)), outputs: { securityGroupRuleId: id } };
    },
    async update(id, inputs, at, before) {
      const { fromPort, toPort, cidrIpv4, referencedSecurityGroupId, ipProtocol, description } = inputs;
      await retag(id, inputs, before, at);
      if (same({ ...inputs, tags: 0 }, { ...before, tags: 0 })) return;
      const SecurityGroupRule = {
        IpProtocol: ipProtocol,
        FromPort: fromPort,
        ToPort: toPort,
        CidrIpv4: cidrIpv4,
        ReferencedGroupId: referencedSecurityGroupId,
        Description: description,
      };
      const call = new ModifySecurityGroupRulesCommand({
        GroupId: inputs.securityGroupId,
        SecurityGroupRules: [{ SecurityGroupRuleId: id, SecurityGroupRule }],
      });
      await at.client(EC2Client).send(call);
    },
    async remove(id, { securityGroupId }, at) {
      const request = { GroupId: securityGroupId, SecurityGroupRuleIds: [id] };
      const ec2 = at.client(EC2Client);
      await (isEgress
        ? ec2.send(new RevokeSecurityGroupEgressCommand(request))
        : ec2.send(new RevokeSecurityGroupIngressCommand(request)));
    },
  };
}

const endpoint: Kind = {
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/vpc_endpoint
  replaces: ['serviceName', 'vpcId', 'vpcEndpointType'],
  async create({ serviceName, vpcId, vpcEndpointType, routeTableIds, subnetIds, securityGroupIds, ...inputs }, at) {
    const call = new CreateVpcEndpointCommand({
      ServiceName: serviceName,
      VpcId: vpcId,
      VpcEndpointType: vpcEndpointType as VpcEndpointType,
      RouteTableIds: routeTableIds,
      SubnetIds: subnetIds,
      SecurityGroupIds: securityGroupIds,
      PrivateDnsEnabled: inputs.privateDnsEnabled,
      PolicyDocument: inputs.policy,
      TagSpecifications: tagSpecifications('vpc-endpoint', inputs.tags),
    });
    return (await at.client(EC2Client).send(call)).VpcEndpoint!.VpcEndpointId!;
  },
  async read(id, _inputs, at) {
    const call = at.client(EC2Client).send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] }));
    const seen = (await unlessMissing(call))?.VpcEndpoints?.[0];
    return seen && { outputs: { state: seen.State } };
  },
  async update(id, inputs, at, before) {
    await retag(id, inputs, before, at);
  },
  async remove(id, _inputs, at) {
    await at.client(EC2Client).send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] }));
  },
};

export const ec2: Record<string, Kind> = {
  'aws:ec2/securityGroup:SecurityGroup': group,
  'aws:ec2/vpcEndpoint:VpcEndpoint': endpoint,
  'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule': rule(false),
  'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule': rule(true),
};
