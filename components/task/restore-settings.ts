import type * as pulumi from '@pulumi/pulumi';
import { type ArchiveLocationArgs, archiveLocationProblems, regionProblems } from '../arguments/archive-location.ts';
import { roleArn } from '../arguments/arn.ts';
import {
  type AuthenticationArgs,
  authenticationProblems,
  IAM,
  mechanismOf,
  portProblems,
} from '../arguments/authentication.ts';
import type { Checks } from '../arguments/checked.ts';
import { type ComputeArgs, computeProblems } from '../arguments/compute.ts';
import { type ImageArgs, imageProblems } from '../arguments/image.ts';
import { type NetworkArgs, networkProblems } from '../arguments/network.ts';
import type { ArgumentProblem } from '../arguments/refuse.ts';
import { groupsProblems, serversProblems } from '../arguments/selection.ts';
import { clusterArnProblems, topicPatternProblems } from '../policies/problems.ts';
import { checkSettings, literal, type Rendering } from './configuration.ts';
import { dependsOnOther } from './one-region.ts';
import { securitySection, serverList, storageSection } from './sections.ts';
import type { Section } from './settings.ts';

/** What restores and drills have in common. */
export interface RestoreSettings {
  clusterArn?: pulumi.Input<string>;
  bootstrapServers?: pulumi.Input<string>;
  topics?: pulumi.Input<pulumi.Input<string>[]>;
  excludedTopics?: pulumi.Input<pulumi.Input<string>[]>;
  consumerGroups?: pulumi.Input<pulumi.Input<string>[]>;
  offsets?: pulumi.Input<string>;
  archive: ArchiveLocationArgs;
  network: NetworkArgs;
  authentication?: AuthenticationArgs;
  compute?: ComputeArgs;
  image: ImageArgs;
  settingsYaml?: pulumi.Input<string>;
  taskRoleArn?: pulumi.Input<string>;
  region?: pulumi.Input<string>;
}

export type RestoreValues = pulumi.Unwrap<RestoreSettings>;

/** Every optional argument, so that each is there after the check. */
export const NOTHING = {
  clusterArn: undefined,
  bootstrapServers: undefined,
  authentication: undefined,
  compute: undefined,
};

/** For a rendering before the brokers or the region are known; never deployed. */
export const SOME_BROKER = 'broker.invalid:9098';
export const SOME_REGION = 'us-east-1';

export function restoreChecks(): Checks<RestoreSettings> {
  return {
    clusterArn: (arn, path) => (arn === undefined ? [] : clusterArnProblems(path, arn)),
    bootstrapServers: serversProblems,
    topics: restoredTopicsProblems,
    excludedTopics: restoredTopicsProblems,
    consumerGroups: groupsProblems,
    offsets: oneOf('exact', 'translate'),
    archive: archiveLocationProblems,
    network: networkProblems,
    authentication: authenticationProblems,
    compute: computeProblems,
    image: imageProblems,
    settingsYaml: checkSettings('restore'),
    taskRoleArn: roleArn,
    region: regionProblems,
  };
}

/** The runtime takes regular expressions here; the policy needs `policyTopics` then. */
export function restoredTopicsProblems(topics: string[] | undefined, propertyPath: string): ArgumentProblem[] {
  if (topics === undefined) return [];
  if (topics.length === 0) return [{ propertyPath, reason: 'names no topic: leave it out for all of the snapshot' }];
  return topics.flatMap((topic, i) =>
    topic.startsWith('~')
      ? []
      : topicPatternProblems('', [topic]).map((it) => ({ ...it, propertyPath: `${propertyPath}[${i}]` })),
  );
}

/** Undefined passes. */
export function oneOf(...words: string[]) {
  return (value: string | undefined, propertyPath: string): ArgumentProblem[] =>
    value === undefined || words.includes(value)
      ? []
      : [{ propertyPath, reason: `is neither ${words.join(' nor ')}: ${value}` }];
}

/** Cluster, brokers, and the region where that is given: what else it is shows later (`inRegion`). */
export function targetProblems(values: RestoreValues): ArgumentProblem[] {
  const { clusterArn, region, authentication, bootstrapServers, network } = values;
  const problems = [
    ...(region === undefined ? [] : dependsOnOther(values, region)),
    ...portProblems(bootstrapServers, authentication, network.securityGroupIds === undefined),
  ];
  if (mechanismOf(authentication) === 'PLAIN' && clusterArn !== undefined && bootstrapServers === undefined) {
    problems.push({
      propertyPath: 'bootstrapServers',
      reason: 'is missing: MSK has no PLAIN, and tells no brokers for it',
    });
  }
  return problems;
}

export const usesIam = ({ authentication }: RestoreValues) => mechanismOf(authentication) === IAM;

/** @param bootstrapServers undefined: from the environment of the run */
export function restoreRendering(
  values: RestoreValues,
  bootstrapServers: string | undefined,
  region: string,
  more: { restore?: Section; drill?: Section },
): Rendering {
  const { topics, excludedTopics, consumerGroups, offsets, archive, authentication, settingsYaml } = values;
  return {
    mode: 'restore',
    document: {
      mode: 'restore',
      backup_id: 'latest',
      target: {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's spelling
        bootstrap_servers: bootstrapServers === undefined ? ['${MSK_BOOTSTRAP_SERVERS}'] : serverList(bootstrapServers),
        security: securitySection(authentication),
        topics: { include: topics?.map(literal), exclude: excludedTopics?.map(literal) },
      },
      storage: storageSection(archive, region),
      restore: { offsets: offsets ?? 'exact', consumer_groups: consumerGroups?.map(literal), ...more.restore },
      ...(more.drill !== undefined && { drill: more.drill }),
      metrics: { cloudwatch: true },
    },
    settingsYaml,
  };
}

/** What the configuration is made of. */
export function renderedArguments(args: RestoreSettings): Record<string, unknown> {
  const { bootstrapServers, topics, excludedTopics, consumerGroups, offsets, archive, settingsYaml } = args;
  return { bootstrapServers, topics, excludedTopics, consumerGroups, offsets, archive, settingsYaml };
}
