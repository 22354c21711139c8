import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Authentication } from '../arguments/authentication.ts';
import { type Image, repositoryOf } from '../arguments/image.ts';
import type { AwsPlace } from '../policies/arn.ts';
import { type PolicyDocument, policyDocument } from '../policies/document.ts';
import { executionPolicy, readSecrets } from '../policies/execution.ts';
import { executionTrustPolicy, taskTrustPolicy } from '../policies/trust.ts';

type Tags = pulumi.Input<Record<string, pulumi.Input<string>>>;

export interface RoleSettings {
  name: string;
  parent: pulumi.Resource;
  home: pulumi.Output<AwsPlace>;
  tags?: Tags;
}

export interface MadeRole {
  arn: pulumi.Output<string>;
  /** What the role may do is attached by then: a task that starts before would be refused by S3 or MSK. */
  attached: pulumi.Resource[];
}

/** The program's own role. */
export function makeTaskRole({ name, parent, home, tags }: RoleSettings, policyJson: pulumi.Output<string>): MadeRole {
  const role = new aws.iam.Role(
    `${name}-task`,
    {
      description: `msk-backup ${name}: what the task may do`,
      assumeRolePolicy: home.apply((place) => JSON.stringify(taskTrustPolicy(place))),
      tags,
    },
    { parent },
  );
  const policy = new aws.iam.RolePolicy(`${name}-task`, { role: role.name, policy: policyJson }, { parent });
  return { arn: role.arn, attached: [policy] };
}

/** With which ECS starts the container. */
export function makeExecutionRole(
  { name, parent, home, tags }: RoleSettings,
  image: pulumi.Output<Image>,
  logGroupArn: pulumi.Output<string>,
  authentication: pulumi.Output<Authentication | undefined>,
): MadeRole {
  const role = new aws.iam.Role(
    `${name}-execution`,
    {
      description: `msk-backup ${name}: image, log and secrets of the task`,
      assumeRolePolicy: home.apply((place) => JSON.stringify(executionTrustPolicy(place))),
      tags,
    },
    { parent },
  );
  const document = pulumi
    .all([image, logGroupArn, authentication, home])
    .apply(([image, logGroupArn, given, { partition }]) => {
      const secretArns = [given?.passwordSecretArn, given?.usernameSecretArn].filter((arn) => arn !== undefined);
      return executionPolicy({
        repositoryArn: repositoryOf(image, partition),
        logGroupArn,
        secretArns,
        secretKeyArns: secretArns.length === 0 ? [] : given?.secretKeyArns,
      });
    });
  const policy = new aws.iam.RolePolicy(
    `${name}-execution`,
    { role: role.name, policy: document.apply((it) => JSON.stringify(it)) },
    { parent },
  );
  return { arn: role.arn, attached: [policy] };
}

/** What the program reads by itself: certificates. ECS gives it the user name and the password. */
export function withCertificates(document: PolicyDocument, authentication: Authentication | undefined): PolicyDocument {
  const { caSecretArn, certificateSecretArn, privateKeySecretArn, secretKeyArns } = authentication ?? {};
  const arns = [caSecretArn, certificateSecretArn, privateKeySecretArn].filter((arn) => arn !== undefined);
  if (arns.length === 0) return document;
  return policyDocument([...document.Statement, ...readSecrets('ssm:GetParameter', arns, secretKeyArns)]);
}
