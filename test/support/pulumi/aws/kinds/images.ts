/** Image repositories, and images: of these only the names, since nothing here builds one. */

import { createHash } from 'node:crypto';
import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  type ImageTagMutability,
} from '@aws-sdk/client-ecr';
import { type Kind, unlessMissing } from '../kind.ts';
import { tagList } from '../values.ts';

const repository: Kind = {
  named: { property: 'name', length: 256 },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecr_repository
  replaces: ['name', 'encryptionConfigurations'],
  async create({ name, imageTagMutability, imageScanningConfiguration, tags }, at) {
    const call = new CreateRepositoryCommand({
      repositoryName: name,
      imageTagMutability: imageTagMutability as ImageTagMutability,
      imageScanningConfiguration,
      tags: tagList(tags),
    });
    await at.client(ECRClient).send(call);
    return name;
  },
  async read(id, _inputs, at) {
    const call = at.client(ECRClient).send(new DescribeRepositoriesCommand({ repositoryNames: [id] }));
    const seen = (await unlessMissing(call))?.repositories?.[0];
    if (!seen) return undefined;
    const { repositoryArn: arn, repositoryUri: repositoryUrl, registryId } = seen;
    return { outputs: { arn, repositoryUrl, registryId } };
  },
  async update() {},
  async remove(id, { forceDelete }, at) {
    await at.client(ECRClient).send(new DeleteRepositoryCommand({ repositoryName: id, force: forceDelete }));
  },
};

const image: Kind = {
  global: true,
  replaces: [],
  async create({ tags }) {
    return `sha256:${createHash('sha256').update(JSON.stringify(tags)).digest('hex')}`;
  },
  async read(digest, { tags }) {
    return { outputs: { digest, ref: `${tags[0]}@${digest}` } };
  },
  async update() {},
  async remove() {},
};

export const images: Record<string, Kind> = {
  'aws:ecr/repository:Repository': repository,
  'docker-build:index:Image': image,
};
