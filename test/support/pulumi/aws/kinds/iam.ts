/** Roles and what they may. */

import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import { drifted, type Kind, unlessMissing } from '../kind.ts';
import { same, tagList, tagsFrom } from '../values.ts';

const differs = (a: unknown, b: unknown) => !same(a, b);
const document = (encoded: string | undefined) => decodeURIComponent(encoded ?? '');

const role: Kind = {
  global: true,
  named: { property: 'name', length: 64 },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role
  replaces: ['name', 'namePrefix', 'path'],
  async create(inputs, at) {
    const { name, assumeRolePolicy, description, maxSessionDuration, path, permissionsBoundary, tags } = inputs;
    await at.client(IAMClient).send(
      new CreateRoleCommand({
        RoleName: name,
        AssumeRolePolicyDocument: assumeRolePolicy,
        Description: description,
        MaxSessionDuration: maxSessionDuration,
        Path: path,
        PermissionsBoundary: permissionsBoundary,
        Tags: tagList(tags),
      }),
    );
    return name;
  },
  async read(id, inputs, at) {
    const answer = await unlessMissing(at.client(IAMClient).send(new GetRoleCommand({ RoleName: id })));
    const seen = answer?.Role;
    if (!seen) return undefined;
    const now = { assumeRolePolicy: document(seen.AssumeRolePolicyDocument), tags: tagsFrom(seen.Tags) ?? {} };
    return {
      inputs: drifted(inputs, now, differs),
      outputs: { arn: seen.Arn, uniqueId: seen.RoleId, name: seen.RoleName },
    };
  },
  async update(id, inputs, at, before) {
    const iam = at.client(IAMClient);
    const { assumeRolePolicy, description, maxSessionDuration, tags } = inputs;
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: id, PolicyDocument: assumeRolePolicy }));
    await iam.send(
      new UpdateRoleCommand({ RoleName: id, Description: description, MaxSessionDuration: maxSessionDuration }),
    );
    const gone = Object.keys(before.tags ?? {}).filter((key) => !(key in (tags ?? {})));
    if (gone.length > 0) await iam.send(new UntagRoleCommand({ RoleName: id, TagKeys: gone }));
    if (tags) await iam.send(new TagRoleCommand({ RoleName: id, Tags: tagList(tags) }));
  },
  async remove(id, _inputs, at) {
    await at.client(IAMClient).send(new DeleteRoleCommand({ RoleName: id }));
  },
};

const rolePolicy: Kind = {
  global: true,
  named: { property: 'name', length: 128 },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role_policy
  replaces: ['name', 'namePrefix', 'role'],
  async create(inputs, at) {
    const id = `${inputs.role}:${inputs.name}`;
    await rolePolicy.update(id, inputs, at, {});
    return id;
  },
  async read(_id, inputs, at) {
    const call = new GetRolePolicyCommand({ RoleName: inputs.role, PolicyName: inputs.name });
    const answer = await unlessMissing(at.client(IAMClient).send(call));
    return answer && { inputs: drifted(inputs, { policy: document(answer.PolicyDocument) }, differs) };
  },
  async update(_id, inputs, at) {
    const { role, name, policy } = inputs;
    await at
      .client(IAMClient)
      .send(new PutRolePolicyCommand({ RoleName: role, PolicyName: name, PolicyDocument: policy }));
  },
  async remove(_id, { role, name }, at) {
    await at.client(IAMClient).send(new DeleteRolePolicyCommand({ RoleName: role, PolicyName: name }));
  },
};

const policy: Kind = {
  global: true,
  named: { property: 'name', length: 128 },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_policy
  replaces: ['name', 'namePrefix', 'path', 'description'],
  async create({ name, path, description, policy, tags }, at) {
    const call = new CreatePolicyCommand({
      PolicyName: name,
      Path: path,
      Description: description,
      PolicyDocument: policy,
      Tags: tagList(tags),
    });
    return (await at.client(IAMClient).send(call)).Policy!.Arn!;
  },
  async read(id, inputs, at) {
    const iam = at.client(IAMClient);
    const answer = await unlessMissing(iam.send(new GetPolicyCommand({ PolicyArn: id })));
    if (!answer) return undefined;
    const VersionId = answer.Policy!.DefaultVersionId!;
    const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn: id, VersionId }));
    return {
      inputs: drifted(inputs, { policy: document(PolicyVersion!.Document) }, differs),
      outputs: { arn: id, policyId: answer.Policy!.PolicyId },
    };
  },
  async update(id, { policy }, at) {
    const call = new CreatePolicyVersionCommand({ PolicyArn: id, PolicyDocument: policy, SetAsDefault: true });
    await at.client(IAMClient).send(call);
  },
  async remove(id, _inputs, at) {
    await at.client(IAMClient).send(new DeletePolicyCommand({ PolicyArn: id }));
  },
};

const attachment: Kind = {
  global: true,
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role_policy_attachment
  replaces: ['role', 'policyArn'],
  async create({ role, policyArn }, at) {
    await at.client(IAMClient).send(new AttachRolePolicyCommand({ RoleName: role, PolicyArn: policyArn }));
    return `${role}/${policyArn}`;
  },
  async read(_id, { role, policyArn }, at) {
    const call = at.client(IAMClient).send(new ListAttachedRolePoliciesCommand({ RoleName: role }));
    const list = (await unlessMissing(call))?.AttachedPolicies ?? [];
    return list.some(({ PolicyArn }) => PolicyArn === policyArn) ? {} : undefined;
  },
  async update() {},
  async remove(_id, { role, policyArn }, at) {
    await at.client(IAMClient).send(new DetachRolePolicyCommand({ RoleName: role, PolicyArn: policyArn }));
  },
};

export const iam: Record<string, Kind> = {
  'aws:iam/role:Role': role,
  'aws:iam/rolePolicy:RolePolicy': rolePolicy,
  'aws:iam/policy:Policy': policy,
  'aws:iam/rolePolicyAttachment:RolePolicyAttachment': attachment,
};
