import { createInPlace, readPlace } from './archive-access.ts';
import { type ArchivePlace, drillReportsBeside, journalsBeside } from './archive-place.ts';
import { DELETE_GROUP } from './cluster-access.ts';
import { clusterResources } from './cluster-resources.ts';
import { allow, type PolicyDocument, policyDocument, type Statement } from './document.ts';
import { drillPrefixProblems } from './problems.ts';
import { restoreTopics, restoreTopicsExactly } from './restore.ts';

export interface DrillAccess {
  /** Undefined where the cluster asks for something else than IAM: SCRAM, certificates. */
  cluster?: {
    /** Of the MSK cluster that drills restore to. */
    clusterArn: string;
    /** What the names of all topics of drills begin with, and of their groups. Not empty: everything with it may be deleted. */
    topicPrefix: string;
    /** Drills keep offsets. Default false. */
    exact?: boolean;
  };
  /** Usually the replica. */
  archive: ArchivePlace;
  /** `restore.state`; undefined for the place beside the archive. */
  journals?: ArchivePlace;
}

/** Of the role that tries restores: it makes, writes and deletes topics and groups with its prefix, and touches no others. */
export function drillPolicy({ cluster, archive, journals }: DrillAccess): PolicyDocument {
  return policyDocument([
    ...(cluster === undefined ? [] : restoreBelowPrefix(cluster)),
    ...readPlace('Archive', archive),
    ...createInPlace('Journals', journals ?? journalsBeside(archive)),
    ...createInPlace('Reports', drillReportsBeside(archive)),
  ]);
}

function restoreBelowPrefix({ clusterArn, topicPrefix, exact }: NonNullable<DrillAccess['cluster']>): Statement[] {
  const [problem] = drillPrefixProblems('topicPrefix', topicPrefix);
  if (problem !== undefined) throw new Error(`${problem.propertyPath} ${problem.reason}`);
  const own = [`${topicPrefix}*`];
  const topics = { clusterArn, topics: own, groups: own, recreate: true };
  return [
    ...(exact === true ? restoreTopicsExactly(topics) : restoreTopics(topics)),
    // DeleteGroups and OffsetDelete: a drill leaves nothing behind
    allow('GroupsDelete', DELETE_GROUP, clusterResources(clusterArn).groups(own)),
  ];
}
