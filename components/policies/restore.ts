import { createInPlace, readPlace } from './archive-access.ts';
import { type ArchivePlace, journalsBeside } from './archive-place.ts';
import {
  COMMIT_GROUP,
  connect,
  DELETE_TOPIC,
  FILL_HOLES,
  PRODUCE_IDEMPOTENTLY,
  RESTORE_TOPIC,
  WRITE_MARKERS,
} from './cluster-access.ts';
import { clusterResources } from './cluster-resources.ts';
import { allow, type PolicyDocument, policyDocument, type Statement } from './document.ts';
import { type MappingAccess, moveMappings } from './mappings.ts';
import { sortedPatterns } from './pattern.ts';

/** What the transactional ids of every restore begin with: runtime/src/restore/exact/transaction-filler.ts. */
const TRANSACTIONAL_IDS = 'msk-backup-';

export interface RestoreAccess {
  /** Undefined where the cluster asks for something else than IAM: SCRAM, certificates. */
  cluster?: RestoreCluster;
  archive: ArchivePlace;
  /** `restore.state`; undefined for the place beside the archive. */
  journals?: ArchivePlace;
  /** For `restore.lambda`. */
  mappings?: MappingAccess;
}

export interface RestoreCluster {
  /** Of the MSK cluster that is restored to. */
  clusterArn: string;
  /** Names and patterns at the target, behind `restore.topic_mapping`. At least one; `*` for all. */
  topics: readonly string[];
  /** As in `restore.consumer_groups`. Default none. */
  groups?: readonly string[];
  /** For `--recreate`: topics that a restore has made may be deleted. Default false. */
  recreate?: boolean;
}

/** Of the role that restores with new offsets (`restore.offsets: translate`). */
export function restorePolicy(access: RestoreAccess): PolicyDocument {
  const { cluster } = access;
  return policyDocument([...(cluster === undefined ? [] : restoreTopics(cluster)), ...besideTopics(access)]);
}

export interface ExactRestoreAccess extends RestoreAccess {
  /** As `restore.fill_holes_with`. Default `transactions`; `markers` lets the role change the cluster's ACLs, too. */
  fillHolesWith?: 'transactions' | 'markers';
}

/** Of the role that restores with the offsets of the source (`restore.offsets: exact`). It may delete the topics. */
export function exactRestorePolicy(access: ExactRestoreAccess): PolicyDocument {
  const { cluster, fillHolesWith } = access;
  return policyDocument([
    ...(cluster === undefined ? [] : restoreTopicsExactly(cluster, fillHolesWith)),
    ...besideTopics(access),
  ]);
}

export function restoreTopics(cluster: RestoreCluster, onCluster: string[] = []): Statement[] {
  const { clusterArn, topics, groups = [], recreate = false } = cluster;
  if (topics.length === 0) throw new Error('a restore without topics needs no policy');
  const resources = clusterResources(clusterArn);
  return [
    connect(resources, ...PRODUCE_IDEMPOTENTLY, ...onCluster),
    allow(
      'TopicsRestore',
      recreate ? [...RESTORE_TOPIC, ...DELETE_TOPIC] : RESTORE_TOPIC,
      resources.topics(sortedPatterns(topics)),
    ),
    ...(groups.length === 0 ? [] : [allow('GroupsCommit', COMMIT_GROUP, resources.groups(sortedPatterns(groups)))]),
  ];
}

export function restoreTopicsExactly(
  cluster: RestoreCluster,
  fillHolesWith: 'transactions' | 'markers' = 'transactions',
): Statement[] {
  const topics = { ...cluster, recreate: true };
  if (fillHolesWith === 'markers') return restoreTopics(topics, WRITE_MARKERS);
  const ids = clusterResources(cluster.clusterArn).transactionalIds(TRANSACTIONAL_IDS);
  return [...restoreTopics(topics), allow('HolesFill', FILL_HOLES, ids)];
}

function besideTopics({ archive, journals, mappings }: RestoreAccess): Statement[] {
  return [
    ...readPlace('Archive', archive),
    ...createInPlace('Journals', journals ?? journalsBeside(archive)),
    ...(mappings === undefined ? [] : moveMappings(mappings)),
  ];
}
