import type { KafkaClient } from '../kafka/client.ts';
import { deleteTopics } from '../kafka/delete-topics.ts';
import { describeCluster } from '../kafka/describe-cluster.ts';
import { begunTopics } from '../restore/plan/begun-topics.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { drillOf, startOfDrill } from './drill-id.ts';

/** A drill that was started so long ago is over, or was killed. */
const LONG_AGO_MS = 24 * 3_600_000;

export interface CleanedUp {
  deleted: string[];
  /** Topics named as a drill's that no restore is known to have made: they are left alone. */
  left: string[];
}

/**
 * Deletes the topics of a drill, and those of earlier ones that were killed. Only topics go whose ids a restore has noted
 * when it made them: a name alone is no proof.
 * @param state where restores keep their journals
 * @param prefix of the names of all topics of drills
 * @param isOver whether the topics of a drill may go, by its id
 */
export async function deleteDrillTopics(
  client: KafkaClient,
  state: ObjectStore,
  prefix: string,
  isOver: (drillId: string) => boolean,
): Promise<CleanedUp> {
  const { topics } = await describeCluster(client);
  const ids = new Map(
    topics.flatMap(({ name, topicId }) => {
      const drill = drillOf(prefix, name);
      return drill !== undefined && isOver(drill) ? [[name, topicId] as const] : [];
    }),
  );
  const begun = await begunTopics(state, ids);
  const deleted = [...ids.keys()].filter((name) => begun.get(name)?.created === true).sort();
  if (deleted.length > 0) await deleteTopics(client, deleted);
  return { deleted, left: [...ids.keys()].filter((name) => !deleted.includes(name)).sort() };
}

/** Whether a drill that runs now may take another one's topics away. */
export function isLongOver(drillId: string, now: Date): boolean {
  const start = startOfDrill(drillId);
  return start !== undefined && now.getTime() - start.getTime() > LONG_AGO_MS;
}
