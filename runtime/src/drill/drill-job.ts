import type { Snapshot } from '../archive/snapshot.ts';
import type { RestoreJob } from '../config/job.ts';
import { matchesSelection } from '../config/topic-patterns.ts';
import { drillName } from './drill-id.ts';

/**
 * The restore of a drill: the configured one, of one snapshot, into topics of the drill's own. What would touch anything else
 * (groups, Lambda mappings) or keep the drill from being a whole one is left out.
 * @param prefix of the names of all topics of drills
 */
export function drillJob(job: RestoreJob, snapshot: Snapshot, prefix: string, id: string): RestoreJob {
  const wanted = snapshot.topics.filter(({ name }) => matchesSelection(name, job.topics));
  return {
    ...job,
    backupId: `commit:${snapshot.sequence}`,
    topicMapping: Object.fromEntries(wanted.map(({ name }) => [name, drillName(prefix, id, name)])),
    partitionMapping: new Map(),
    repartitioning: {},
    consumerGroups: undefined,
    lambda: [],
    createTopics: true,
    allowNonEmpty: false,
    reportFile: undefined,
    dryRun: false,
  };
}
