import { createInPlace } from './archive-access.ts';
import type { ArchivePlace } from './archive-place.ts';
import { connect, exceptTopics, READ_GROUP, READ_TOPIC } from './cluster-access.ts';
import { clusterResources } from './cluster-resources.ts';
import { allow, type PolicyDocument, policyDocument, type Statement } from './document.ts';
import { sortedPatterns } from './pattern.ts';

export interface BackupAccess {
  /** Undefined where the cluster asks for something else than IAM: SCRAM, certificates. */
  cluster?: BackupCluster;
  archive: ArchivePlace;
}

export interface BackupCluster {
  /** Of the MSK cluster. */
  clusterArn: string;
  /** Names and patterns, as in `source.topics.include`. Empty for all. */
  topics: readonly string[];
  /** As in `source.topics.exclude`. */
  excludedTopics?: readonly string[];
  /** As in `backup.consumer_groups`: undefined for all, empty for none. */
  groups?: readonly string[];
}

/** Of the role that takes snapshots: reads the topics and groups asked for, creates objects in the archive. */
export function backupPolicy({ cluster, archive }: BackupAccess): PolicyDocument {
  return policyDocument([...(cluster === undefined ? [] : readCluster(cluster)), ...createInPlace('Archive', archive)]);
}

function readCluster({ clusterArn, topics, excludedTopics = [], groups = ['*'] }: BackupCluster): Statement[] {
  const resources = clusterResources(clusterArn);
  const included = topics.length === 0 ? ['*'] : sortedPatterns(topics);
  return [
    connect(resources),
    allow('TopicsRead', READ_TOPIC, resources.topics(included)),
    ...exceptTopics(READ_TOPIC, resources.topics(sortedPatterns(excludedTopics))),
    ...(groups.length === 0 ? [] : [allow('GroupsRead', READ_GROUP, resources.groups(sortedPatterns(groups)))]),
  ];
}
