import { MskBackupError } from '../errors.ts';
import type { StartedBody, StartedTopic } from '../journal/entries.ts';
import type { RestoreJournal } from '../journal/journal.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { type ClusterDescription, describeCluster } from '../kafka/describe-cluster.ts';
import { listOffsets } from '../kafka/list-offsets.ts';
import { describeTopicConfigs } from '../kafka/topic-configs.ts';
import { type LogStart, setLogStart } from './exact/log-start.ts';
import type { RestoreReport } from './report/report.ts';
import { setBack } from './topics/pause-topics.ts';

/** What `--finish` did to a topic. */
export interface FinishedTopic {
  topic: string;
  /** Settings that have their values from before again; null where the topic itself sets nothing. */
  settings: Record<string, string | null>;
  /** Partitions whose log start was set again. */
  logStarts: number[];
}

/**
 * Ends what a restore left open on purpose: gives its topics the settings back that would delete restored records, and
 * deletes again what lies below the log starts of an exact restore, should a broker have brought it back.
 * @param journal of a restore whose records are there
 * @throws MskBackupError kind `configuration`: `NOTHING_TO_FINISH` when none of its topics is at the target any more
 */
export async function finishRestore(
  journal: RestoreJournal,
  client: KafkaClient,
  signal: AbortSignal,
): Promise<FinishedTopic[]> {
  const started = await journal.last<StartedBody>('started');
  const report = await journal.last<RestoreReport>('report');
  const cluster = await describeCluster(client, undefined, signal);
  const ids = new Map(cluster.topics.map(({ name, topicId }) => [name, topicId]));
  const topics = (started?.body.topics ?? []).filter(({ target, topicId }) => ids.get(target) === topicId);
  if (topics.length === 0) {
    throw new MskBackupError(
      'configuration',
      'NOTHING_TO_FINISH',
      `restore ${journal.restoreId}: none of its topics is at the target any more`,
    );
  }
  const lower = await startsBelow(startsOf(report?.body, topics), client, cluster, signal);
  await setLogStart(client, cluster, lower, signal);
  const configs = await describeTopicConfigs(
    client,
    topics.map(({ target }) => target),
    signal,
  );
  const finished: FinishedTopic[] = [];
  for (const { target, settings } of topics) {
    const now = new Map((configs.get(target) ?? []).map(({ name, value }) => [name, value]));
    // What somebody has set since is theirs.
    const paused = settings.filter(({ name, during }) => now.get(name) === during);
    await setBack(client, target, paused);
    finished.push({
      topic: target,
      settings: Object.fromEntries(paused.map(({ name, original }) => [name, original])),
      logStarts: lower.filter(({ topic }) => topic === target).map(({ partition }) => partition),
    });
  }
  return finished;
}

function startsOf(report: RestoreReport | undefined, topics: StartedTopic[]): LogStart[] {
  const names = new Set(topics.map(({ target }) => target));
  return (report?.topics ?? [])
    .filter(({ target }) => names.has(target))
    .flatMap(({ target, partitions }) =>
      partitions.flatMap(({ partition, logStart = 0 }) =>
        logStart > 0 ? [{ topic: target, partition, offset: logStart }] : [],
      ),
    );
}

/** Retention may have moved the others on. */
async function startsBelow(
  starts: LogStart[],
  client: KafkaClient,
  cluster: ClusterDescription,
  signal: AbortSignal,
): Promise<LogStart[]> {
  const questions = starts.map(({ topic, partition }) => ({ topic, partition, at: 'earliest' as const }));
  const now = await listOffsets(client, cluster, questions, signal);
  return starts.filter(({ offset }, index) => now[index]!.errorCode === 0 && now[index]!.offset < offset);
}
