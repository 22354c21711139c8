import { MskBackupError } from '../errors.ts';
import { groupOf, newGroup } from './consumer-group.ts';
import { type EventSourceMapping, mappingName } from './lambda-api.ts';
import { parseFunctionName, regionOfArn } from './lambda-names.ts';
import type { MappingTarget } from './recovery.ts';
import { isAwsTag, type SavedMapping } from './saved-mapping.ts';

/** What somebody wants of a mapping; what is left out stays as it was. */
export interface MappingWish {
  strategy: 'reset' | 'resume';
  clusterArn?: string;
  functionName?: string;
  /** To read with, instead of what the strategy chooses. */
  consumerGroup?: string;
  /** `reset`: epoch ms. */
  startingTimestamp?: number;
  /** New names of topics. */
  topicNames?: ReadonlyMap<string, string>;
  keepOld?: boolean;
}

/**
 * Where and how a mapping goes on. `resume` keeps its consumer group, so that Lambda goes on at the offsets of that group;
 * `reset` takes one without offsets (see `newGroup`).
 * @param knownGroups that have offsets: tells which of its possible names the group of a mapping has
 * @throws MskBackupError kind `configuration`, `MAPPING_TIME`, when the starting time lies in the future
 */
export function targetOf(saved: SavedMapping, wish: MappingWish, knownGroups: readonly string[] = []): MappingTarget {
  const { strategy, clusterArn = saved.clusterArn, startingTimestamp, keepOld } = wish;
  if (startingTimestamp !== undefined && startingTimestamp > Date.now()) {
    throw new MskBackupError(
      'configuration',
      'MAPPING_TIME',
      `${mappingName(saved.uuid)}: the starting time ${new Date(startingTimestamp).toISOString()} lies in the future, which Lambda refuses`,
    );
  }
  const home = regionOfArn(saved.functionArn);
  // A mapping, its function and its cluster are in one region.
  const region = regionOfArn(clusterArn) ?? home;
  const consumerGroupId =
    wish.consumerGroup ?? (strategy === 'resume' ? groupOf(saved, knownGroups) : newGroup(saved, new Date()));
  return {
    strategy,
    place: region === home ? saved.place : { ...saved.place, ...(region !== undefined && { region }) },
    functionName: functionIn(region, saved.functionArn, wish.functionName),
    clusterArn,
    topics: saved.topics.map((topic) => wish.topicNames?.get(topic) ?? topic),
    ...(consumerGroupId !== undefined && { consumerGroupId }),
    ...(startingTimestamp !== undefined && { startingTimestamp }),
    ...(keepOld && { keepOld }),
  };
}

/** Whether a mapping is what the target says. A function has one for a topic of a cluster. */
export function isMappingOf(mapping: EventSourceMapping, { functionName, clusterArn, topics }: MappingTarget): boolean {
  const [a, b] = [parseFunctionName(mapping.functionArn), parseFunctionName(functionName)];
  return (
    mapping.eventSourceArn === clusterArn &&
    a.name === b.name &&
    a.qualifier === b.qualifier &&
    mapping.topics.some((topic) => topics.includes(topic))
  );
}

/** What a person should know before a mapping is made by this target: what cannot be carried over, what points elsewhere. */
export function targetRemarks(saved: SavedMapping, target: MappingTarget): string[] {
  const remarks: string[] = [];
  const home = regionOfArn(saved.functionArn);
  if (home !== regionOfArn(target.functionName)) {
    const text = JSON.stringify(saved.settings);
    const bound = [...new Set(text.match(/arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]+:[^"\\]*/g) ?? [])].filter(
      (arn) => regionOfArn(arn) === home,
    );
    if (bound.length > 0) remarks.push(`settings name what is in ${home}: ${bound.join(', ')}`);
  }
  const tags = Object.keys(saved.tags).filter(isAwsTag);
  if (tags.length > 0) remarks.push(`without the tags ${tags.join(', ')}, which only AWS sets`);
  return remarks;
}

/** The ARN of the function in the region, by another name perhaps. */
function functionIn(region: string | undefined, arn: string, name: string | undefined): string {
  const old = parseFunctionName(arn);
  const given = name === undefined ? old : parseFunctionName(name);
  const { partition = old.partition, account = old.account } = given;
  const qualifier = given.qualifier === undefined ? '' : `:${given.qualifier}`;
  const place = (name === undefined ? undefined : given.region) ?? region;
  return `arn:${partition}:lambda:${place}:${account}:function:${given.name}${qualifier}`;
}
