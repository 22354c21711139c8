/** Keys. */

import {
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  ListAliasesCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms';
import { drifted, type Kind, unlessMissing } from '../kind.ts';
import type { Place } from '../place.ts';
import { same } from '../values.ts';

const PolicyName = 'default';

function rotate(KeyId: string, enabled: boolean | undefined, at: Place): Promise<unknown> {
  const kms = at.client(KMSClient);
  return enabled
    ? kms.send(new EnableKeyRotationCommand({ KeyId }))
    : kms.send(new DisableKeyRotationCommand({ KeyId }));
}

const tagged = (tags: Record<string, string> | undefined) =>
  Object.entries(tags ?? {}).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));

const key: Kind = {
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/kms_key
  replaces: ['customerMasterKeySpec', 'customKeyStoreId', 'keyUsage', 'multiRegion', 'xksKeyId'],
  async create(inputs, at) {
    const { description, policy, keyUsage, customerMasterKeySpec, multiRegion, enableKeyRotation, tags } = inputs;
    const call = new CreateKeyCommand({
      Description: description,
      Policy: policy,
      KeyUsage: keyUsage,
      KeySpec: customerMasterKeySpec,
      MultiRegion: multiRegion,
      Tags: tagged(tags),
    });
    const KeyId = (await at.client(KMSClient).send(call)).KeyMetadata!.KeyId!;
    if (enableKeyRotation) await rotate(KeyId, true, at);
    return KeyId;
  },
  async read(KeyId, inputs, at) {
    const kms = at.client(KMSClient);
    const seen = (await unlessMissing(kms.send(new DescribeKeyCommand({ KeyId }))))?.KeyMetadata;
    if (!seen || seen.KeyState === 'PendingDeletion') return undefined;
    const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName }));
    const { KeyRotationEnabled } = await kms.send(new GetKeyRotationStatusCommand({ KeyId }));
    const now = { description: seen.Description, policy: Policy, enableKeyRotation: KeyRotationEnabled };
    return {
      inputs: drifted(inputs, now, (a, b) => !same(a, b)),
      outputs: { arn: seen.Arn, keyId: KeyId },
    };
  },
  async update(KeyId, inputs, at, before) {
    const kms = at.client(KMSClient);
    const { description, policy, enableKeyRotation, tags } = inputs;
    if (description !== before.description)
      await kms.send(new UpdateKeyDescriptionCommand({ KeyId, Description: description ?? '' }));
    if (!same(policy, before.policy)) await kms.send(new PutKeyPolicyCommand({ KeyId, PolicyName, Policy: policy }));
    if (enableKeyRotation !== before.enableKeyRotation) await rotate(KeyId, enableKeyRotation, at);
    const gone = Object.keys(before.tags ?? {}).filter((name) => !(name in (tags ?? {})));
    if (gone.length > 0) await kms.send(new UntagResourceCommand({ KeyId, TagKeys: gone }));
    if (tags) await kms.send(new TagResourceCommand({ KeyId, Tags: tagged(tags) }));
  },
  async remove(KeyId, { deletionWindowInDays }, at) {
    const call = new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: deletionWindowInDays });
    await at.client(KMSClient).send(call);
  },
};

const alias: Kind = {
  named: { property: 'name', length: 250 },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/kms_alias
  replaces: ['name', 'namePrefix'],
  async create({ name, targetKeyId }, at) {
    await at.client(KMSClient).send(new CreateAliasCommand({ AliasName: name, TargetKeyId: targetKeyId }));
    return name;
  },
  async read(name, _inputs, at) {
    const { Aliases } = await at.client(KMSClient).send(new ListAliasesCommand({}));
    const seen = Aliases?.find(({ AliasName }) => AliasName === name);
    return (
      seen && {
        outputs: { arn: seen.AliasArn, targetKeyArn: seen.AliasArn?.replace(/alias\/.*/, `key/${seen.TargetKeyId}`) },
      }
    );
  },
  async update(name, { targetKeyId }, at) {
    await at.client(KMSClient).send(new UpdateAliasCommand({ AliasName: name, TargetKeyId: targetKeyId }));
  },
  async remove(name, _inputs, at) {
    await at.client(KMSClient).send(new DeleteAliasCommand({ AliasName: name }));
  },
};

export const kms: Record<string, Kind> = { 'aws:kms/key:Key': key, 'aws:kms/alias:Alias': alias };
