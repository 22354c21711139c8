import { createInPlace, readPlace } from './archive-access.ts';
import { type ArchivePlace, journalsBeside } from './archive-place.ts';
import { COMMIT_GROUP, connect, DELETE_GROUP } from './cluster-access.ts';
import { clusterResources } from './cluster-resources.ts';
import { allow, type PolicyDocument, policyDocument, type Statement } from './document.ts';
import { sortedPatterns } from './pattern.ts';

export interface GroupsAccess {
  /** Undefined where the cluster asks for something else than IAM: SCRAM, certificates. */
  cluster?: {
    /** Of the MSK cluster that was restored to. */
    clusterArn: string;
    /** Names and patterns of the restored topics. At least one. */
    topics: readonly string[];
    /** Ids and patterns of the groups. At least one. */
    groups: readonly string[];
  };
  archive: ArchivePlace;
  /** `restore.state`; undefined for the place beside the archive. */
  journals?: ArchivePlace;
}

/** Of the role for `msk-backup groups plan|apply|undo`: sets groups' offsets, and writes what it replaces into the journal. */
export function groupsPolicy({ cluster, archive, journals }: GroupsAccess): PolicyDocument {
  return policyDocument([
    ...(cluster === undefined ? [] : commitGroups(cluster)),
    ...readPlace('Archive', archive),
    ...createInPlace('Journals', journals ?? journalsBeside(archive)),
  ]);
}

function commitGroups({ clusterArn, topics, groups }: NonNullable<GroupsAccess['cluster']>): Statement[] {
  const resources = clusterResources(clusterArn);
  return [
    connect(resources),
    allow(
      'TopicsOfGroups',
      [
        // Metadata, and which topics OffsetFetch tells
        'kafka-cluster:DescribeTopic',
        // OffsetCommit and OffsetDelete ask for it on each topic
        'kafka-cluster:ReadData',
      ],
      resources.topics(sortedPatterns(topics)),
    ),
    allow('GroupsCommit', [...COMMIT_GROUP, ...DELETE_GROUP], resources.groups(sortedPatterns(groups))),
  ];
}
