import { setTimeout as sleep } from 'node:timers/promises';
import { MskBackupError } from '../errors.ts';
import { unlessAborted } from '../flow/unless-aborted.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { type ClusterDescription, describeCluster } from '../kafka/describe-cluster.ts';
import type { RunContext } from '../observe/run-context.ts';
import { BrokerLoop } from './broker-loop.ts';
import type { FrameSink } from './frame-sink.ts';
import { logStartAfter } from './log-start.ts';
import { FRAME_BYTES, PartitionCopy } from './partition-copy.ts';
import type { PartitionPlan } from './plan-partition.ts';

export interface CopyOptions {
  /** Partitions open at once, over all brokers. */
  maxConcurrentPartitions: number;
  /** Limit of one fetch answer, in bytes. */
  fetchMaxBytes: number;
  /** How long a partition may go without progress before it counts as unreachable, in ms. */
  patienceMs: number;
  /** What partitions may gather for their next frames, all open ones together, in bytes. */
  gatherBytes: number;
}

export interface CopyOutcome {
  copies: PartitionCopy[];
  /** Partitions that stopped before their cut, and why; being stopped by the signal is no failure. */
  failed: Map<PartitionCopy, unknown>;
}

/** How long a broker may wait for data to come. */
const FETCH_WAIT_MS = 500;
/** Pause before leaders are looked up again. */
const SEARCH_AGAIN_MS = 300;

/**
 * Copies every plan's partition up to its cut: a loop per broker, partitions following their leader when it moves.
 * Resolves when each partition is done, has failed, or the signal came; all frames have been put into the sink then,
 * though not all of them stored. Failures of single partitions do not stop the others.
 * @throws what the sink throws: without storage nothing can go on
 */
export async function copyPartitions(
  client: KafkaClient,
  cluster: ClusterDescription,
  plans: PartitionPlan[],
  sink: FrameSink,
  options: CopyOptions,
  context: RunContext,
): Promise<CopyOutcome> {
  const copier = new Copier(client, cluster, sink, options, context);
  const gatherBytes = Math.min(FRAME_BYTES / 2, Math.floor(options.gatherBytes / Math.max(1, copier.maxOpen(plans))));
  return copier.copy(plans.map((plan) => new PartitionCopy(plan, gatherBytes)));
}

interface RunningLoop {
  loop: BrokerLoop;
  running?: Promise<void>;
}

class Copier {
  readonly #client: KafkaClient;
  readonly #cluster: ClusterDescription;
  readonly #sink: FrameSink;
  readonly #options: CopyOptions;
  readonly #context: RunContext;
  /** Ends the loops: on the caller's signal, or when one of them failed. */
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #brokers: number;
  readonly #perBroker: number;
  readonly #loops = new Map<number, RunningLoop>();
  readonly #failed = new Map<PartitionCopy, unknown>();
  /** Partitions without a loop, and why. */
  readonly #lost = new Map<PartitionCopy, MskBackupError>();
  /** Since when a partition has been getting lost at the same position. */
  readonly #trouble = new Map<PartitionCopy, { since: number; position: number }>();
  readonly #unfinished = new Map<string, number>();
  #failure: { reason: unknown } | undefined;

  constructor(
    client: KafkaClient,
    cluster: ClusterDescription,
    sink: FrameSink,
    options: CopyOptions,
    context: RunContext,
  ) {
    this.#client = client;
    this.#cluster = cluster;
    this.#sink = sink;
    this.#options = options;
    this.#context = context;
    this.#signal = AbortSignal.any([context.signal, this.#stop.signal]);
    const leaders = new Set(cluster.topics.flatMap(({ partitions }) => partitions.map(({ leader }) => leader)));
    this.#brokers = Math.max(1, leaders.size);
    this.#perBroker = Math.max(1, Math.floor(options.maxConcurrentPartitions / this.#brokers));
  }

  /** How many of the plans' partitions can be open at once. */
  maxOpen(plans: PartitionPlan[]): number {
    return Math.min(plans.length, this.#perBroker * this.#brokers);
  }

  async copy(copies: PartitionCopy[]): Promise<CopyOutcome> {
    try {
      return await this.#copyAll(copies);
    } finally {
      this.#stop.abort();
      await Promise.all([...this.#loops.values()].map(({ running }) => running));
    }
  }

  async #copyAll(copies: PartitionCopy[]): Promise<CopyOutcome> {
    for (const { plan } of copies) this.#unfinished.set(plan.topic, (this.#unfinished.get(plan.topic) ?? 0) + 1);
    for (const copy of copies) this.#place(copy, this.#cluster);
    for (;;) {
      if (!this.#signal.aborted) for (const entry of this.#loops.values()) this.#start(entry);
      const running = [...this.#loops.values()].flatMap(({ running }) => (running === undefined ? [] : [running]));
      const searching = this.#lost.size > 0 && !this.#signal.aborted;
      if (running.length === 0 && !searching) break;
      if (searching) {
        running.push(sleep(SEARCH_AGAIN_MS, undefined, { signal: this.#signal }).catch(() => {}));
        await Promise.race(running);
        await this.#findLeaders();
      } else {
        await Promise.race(running);
      }
    }
    if (this.#failure !== undefined) throw this.#failure.reason;
    return { copies, failed: this.#failed };
  }

  #start(entry: RunningLoop): void {
    if (entry.running !== undefined || entry.loop.idle) return;
    entry.running = entry.loop
      .run(this.#signal)
      .catch((reason) => {
        this.#failure ??= { reason };
        this.#stop.abort();
      })
      .finally(() => {
        entry.running = undefined;
      });
  }

  #place(copy: PartitionCopy, cluster: ClusterDescription): void {
    if (copy.done) {
      this.#settle(copy);
      return;
    }
    const leader = cluster.topics
      .find(({ name }) => name === copy.plan.topic)
      ?.partitions.find(({ partition }) => partition === copy.plan.partition)?.leader;
    if (leader === undefined || leader < 0) {
      this.#lose(copy, leaderless(copy));
      return;
    }
    this.#lost.delete(copy);
    let entry = this.#loops.get(leader);
    if (entry === undefined) {
      entry = { loop: this.#newLoop(leader) };
      this.#loops.set(leader, entry);
    }
    entry.loop.add(copy);
  }

  #newLoop(leader: number): BrokerLoop {
    const { progress } = this.#context;
    return new BrokerLoop(
      leader,
      this.#client,
      (frame) => this.#sink.put(frame),
      {
        maxPartitions: this.#perBroker,
        fetchMaxBytes: this.#options.fetchMaxBytes,
        maxWaitMs: FETCH_WAIT_MS,
        patienceMs: this.#options.patienceMs,
      },
      {
        onDone: (copy) => this.#settle(copy),
        onLost: (copy, reason) => this.#lose(copy, reason),
        onFailed: (copy, reason) => {
          this.#failed.set(copy, reason);
          this.#settle(copy);
        },
        onOutOfRange: (copy) =>
          unlessAborted(logStartAfter(this.#client, copy, this.#context), this.#signal, 'stopped'),
        onProgress: (records, bytes) => progress.advance({ records, bytes }),
      },
    );
  }

  /** A pack is closed as soon as nothing more will come for it, so that thousands of topics do not stay open. */
  #settle(copy: PartitionCopy): void {
    const { topic } = copy.plan;
    const left = this.#unfinished.get(topic)! - 1;
    this.#unfinished.set(topic, left);
    if (left === 0) this.#sink.topicDone(topic);
  }

  #lose(copy: PartitionCopy, reason: MskBackupError): void {
    if (this.#trouble.get(copy)?.position !== copy.position) {
      this.#trouble.set(copy, { since: Date.now(), position: copy.position });
    }
    this.#lost.set(copy, reason);
  }

  /** Looks where the lost partitions are led now; gives up those that have been lost for too long. */
  async #findLeaders(): Promise<void> {
    for (const [copy, reason] of this.#lost) {
      if (Date.now() - this.#trouble.get(copy)!.since <= this.#options.patienceMs) continue;
      this.#lost.delete(copy);
      this.#failed.set(copy, reason);
      this.#settle(copy);
    }
    if (this.#lost.size === 0 || this.#signal.aborted) return;
    try {
      // A cluster that hangs must not keep the run from stopping.
      const cluster = await unlessAborted(this.#describeLost(), this.#signal, 'stopped');
      for (const copy of [...this.#lost.keys()]) this.#place(copy, cluster);
    } catch (reason) {
      if (this.#signal.aborted) return;
      // No broker answers just now: the next round asks again, until the patience of each partition has run out.
      if (!(reason instanceof MskBackupError) || reason.kind !== 'connection') throw reason;
    }
  }

  async #describeLost(): Promise<ClusterDescription> {
    await this.#client.refreshBrokers();
    const topics = [...new Set([...this.#lost.keys()].map(({ plan }) => plan.topic))];
    return describeCluster(this.#client, topics, this.#signal);
  }
}

function leaderless({ plan }: PartitionCopy): MskBackupError {
  return new MskBackupError(
    'connection',
    'LEADER_NOT_AVAILABLE',
    `${plan.topic}[${plan.partition}] has no leader: bring one of its replicas' brokers back and run again`,
  );
}
