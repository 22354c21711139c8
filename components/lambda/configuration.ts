import * as pulumi from '@pulumi/pulumi';
import type { ArchiveLocation } from '../arguments/archive-location.ts';
import type { ArgumentProblem } from '../arguments/refuse.ts';
import { parseArn } from '../policies/arn.ts';
import { brokersOf } from '../task/brokers.ts';
import { type Rendering, renderingProblems } from '../task/configuration.ts';
import { securitySection, serverList, storageSection } from '../task/sections.ts';
import type { Section } from '../task/settings.ts';

export interface FunctionValues {
  clusterArn: string;
  archive: ArchiveLocation;
  settingsYaml?: string | undefined;
}

/** For a rendering before the brokers are known; never deployed. */
const SOME_BROKER = 'broker.invalid:9098';

/** The brokers that are given, or else the cluster's own for IAM. */
export function functionBrokers(
  parent: pulumi.Resource,
  clusterArn: pulumi.Output<string>,
  given: pulumi.Output<string | undefined> | undefined,
): pulumi.Output<string> {
  return given === undefined
    ? brokersOf(parent, clusterArn, pulumi.output(undefined))
    : given.apply((servers) => servers!);
}

/**
 * The runtime's configuration of a function, without the topics: those come with each call.
 * @param more sections beside cluster and archive
 */
export function functionRendering(values: FunctionValues, bootstrapServers: string, more: Section = {}): Rendering {
  const { clusterArn, archive, settingsYaml } = values;
  const { source, ...others } = more as { source?: Section };
  return {
    mode: 'backup',
    document: {
      mode: 'backup',
      source: { bootstrap_servers: serverList(bootstrapServers), security: securitySection(undefined), ...source },
      storage: storageSection(archive, parseArn(clusterArn).region),
      ...others,
    },
    holder: 'function',
    ...(settingsYaml !== undefined && { settingsYaml }),
  };
}

export function functionRenderingProblems(values: FunctionValues, more?: Section): ArgumentProblem[] {
  return renderingProblems(functionRendering(values, SOME_BROKER, more));
}
