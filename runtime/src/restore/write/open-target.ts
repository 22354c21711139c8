import { setTimeout as sleep } from 'node:timers/promises';
import type { RestoreJob } from '../../config/job.ts';
import { hasCode, MskBackupError } from '../../errors.ts';
import type { RateLimit } from '../../flow/rate-limit.ts';
import { unlessAborted } from '../../flow/unless-aborted.ts';
import type { CreatedBody, StartedBody } from '../../journal/entries.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import type { ClusterDescription } from '../../kafka/describe-cluster.ts';
import { initProducerId, type ProducerIdentity } from '../../kafka/init-producer-id.ts';
import type { RunContext } from '../../observe/run-context.ts';
import type { HoleFiller } from '../exact/hole-filler.ts';
import { openMarkerFiller } from '../exact/marker-filler.ts';
import { openTransactionFiller } from '../exact/transaction-filler.ts';
import type { PreparedTopic } from '../plan/plan.ts';
import type { PreparedRestore } from '../plan/prepare-restore.ts';
import { deleteRecreated } from '../plan/recreate.ts';
import { createMissing, waitUntilLed } from '../plan/target-topics.ts';
import { undoLeftOvers } from '../topics/left-over.ts';
import { type PausedTopic, planPause } from '../topics/pause-topics.ts';
import { openTopics, type TopicWork } from './open-topics.ts';
import { mayBeAtWork, REST_MS } from './other-runs.ts';

export const STOPPED = 'the restore was stopped before it had written any record';

/** The same for every run, so that a later one finds the transactions of an earlier one. */
const TRANSACTIONS_AT_ONCE = 32;

/** A target that is ready to be written. */
export interface OpenTarget {
  identity: ProducerIdentity;
  cluster: ClusterDescription;
  pauses: Map<string, PausedTopic>;
  work: TopicWork[];
  /** Only for exact restores with holes. */
  filler?: HoleFiller;
}

/**
 * Makes the target ready, without changing a topic that holds anything: what it refuses is known before there are topics
 * half made. A signal ends it at once; topics may have been created then.
 */
export async function openTarget(
  prepared: PreparedRestore,
  job: RestoreJob,
  rate: RateLimit,
  client: KafkaClient,
  context: RunContext,
): Promise<OpenTarget> {
  const { topics, journal } = prepared;
  const { signal, progress } = context;
  const step = <T>(work: () => Promise<T>): Promise<T> => {
    if (signal.aborted) throw new MskBackupError('interrupted', 'INTERRUPTED', STOPPED);
    return unlessAborted(work(), signal, STOPPED);
  };
  const identity = await step(() => initProducerId(client, signal));
  await step(() => journal.append('plan', prepared.plan));
  // First, because it ends transactions that an earlier run has left open, each with a marker in a topic of that name.
  const filler = await step(() => openFiller(prepared, job, client, signal));
  if (topics.some(({ recreate }) => recreate)) {
    // What another run sends would go into the topic of the same name.
    if (mayBeAtWork(journal)) await step(() => sleep(REST_MS, undefined, { signal }));
    await step(() => deleteRecreated(topics, client, context));
  }
  await step(() => createMissing(client, topics, job));
  const names = topics.map(({ target }) => target);
  const cluster = await step(() => waitUntilLed(client, names, signal));
  const made = createdBody(topics, cluster);
  if (made.topics.length > 0) await step(() => journal.append<CreatedBody>('created', made));
  await step(() => undoLeftOvers(client, topics, progress, signal));
  const pauses = await step(() => planPause(client, topics));
  for (const [topic, { leftOut }] of pauses) {
    const names = leftOut.join(', ');
    if (names !== '') progress.note('info', `topic ${topic}: the target does not know ${names}: left out`);
  }
  const work = await step(() => openTopics(prepared, pauses, job, rate, client, cluster, signal));
  await step(() => journal.append<StartedBody>('started', startedBody(prepared, work, job)));
  return { identity, cluster, pauses, work, ...(filler !== undefined && { filler }) };
}

async function openFiller(
  { topics, journal }: PreparedRestore,
  job: RestoreJob,
  client: KafkaClient,
  signal: AbortSignal,
): Promise<HoleFiller | undefined> {
  const holes = topics.some(({ extents }) => [...(extents?.values() ?? [])].some(({ markers }) => markers > 0));
  if (!holes) return undefined;
  const options = { restoreId: journal.restoreId, slots: TRANSACTIONS_AT_ONCE, signal };
  const transactions = () => openTransactionFiller(client, options);
  if (job.fillHolesWith === 'transactions') return transactions();
  // An earlier run may have used them. Not where it was not allowed to.
  if ((await journal.last('started')) !== undefined) {
    await transactions().catch((error: unknown) => {
      if (!hasCode(error, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')) throw error;
    });
  }
  return openMarkerFiller(client, { signal });
}

function createdBody(topics: PreparedTopic[], cluster: ClusterDescription): CreatedBody {
  const made = new Set(topics.filter(({ exists }) => !exists).map(({ target }) => target));
  const created = cluster.topics.filter(({ name }) => made.has(name));
  return { topics: created.map(({ name, topicId }) => ({ target: name, topicId })) };
}

function startedBody({ snapshot, targetClusterId }: PreparedRestore, work: TopicWork[], job: RestoreJob): StartedBody {
  return {
    snapshot: {
      backupId: snapshot.backupId,
      sequence: snapshot.sequence,
      archiveId: snapshot.archiveId,
      cutTime: snapshot.cut.time,
    },
    source: {
      clusterId: snapshot.cluster.id,
      ...(snapshot.cluster.label !== undefined && { label: snapshot.cluster.label }),
    },
    target: { clusterId: targetClusterId },
    offsets: job.offsets,
    topics: work.map(({ topic, topicId, paused, tasks, spreads }) => ({
      source: topic.source.name,
      target: topic.target,
      topicId,
      created: topic.before?.created ?? !topic.exists,
      settings: paused.settings,
      partitions: [
        ...tasks.map(({ frames, writer }) => ({
          source: frames.partition.partition,
          target: writer.partition,
          start: writer.ledger.start,
        })),
        ...(spreads[0]?.writers ?? []).map(({ partition, ledger }) => ({ target: partition, start: ledger.start })),
      ],
    })),
  };
}
