import { setTimeout as sleep } from 'node:timers/promises';
import { patchForProduce } from '../../batch/produce-form.ts';
import { MskBackupError } from '../../errors.ts';
import { isStop } from '../../flow/stopping.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { describeCluster } from '../../kafka/describe-cluster.ts';
import { type ProducedPartition, produceRequest } from '../../kafka/protocol/produce.ts';
import type { OutgoingBatch } from './outgoing.ts';
import type { Entry, PartitionWriter } from './partition-writer.ts';
import { judgeAnswer } from './produce-errors.ts';

/** Requests to one broker that wait for an answer: enough that it never waits for us. */
const REQUESTS_IN_FLIGHT = 5;
/** A request is closed when it has this many bytes. */
const REQUEST_BYTES = 4 * 1024 * 1024;
const BACKOFF_MS = { first: 100, most: 2000 };
/** How long a partition may go without an acknowledgement while batches wait. */
const STALL_MS = 120_000;

export interface ProducerIdentity {
  producerId: number;
  producerEpoch: number;
}

export interface ProducerOptions {
  /** How long a broker may wait for its replicas. */
  timeoutMs: number;
  /** False: another writer's records between ours are no error. */
  exclusive: boolean;
  /** Once aborted nothing more is sent. */
  signal: AbortSignal;
  /** Called once, with the first error that a repetition cannot cure; nothing more is sent after it. */
  onFatal(error: Error): void;
  /** Default 120,000. */
  stallMs?: number;
}

interface BrokerQueue {
  nodeId: number;
  ready: PartitionWriter[];
  requests: number;
}

interface Sent {
  writer: PartitionWriter;
  entry: Entry;
}

/**
 * Sends the batches of many partitions: idempotent, acknowledged by all in-sync replicas, several requests in flight per
 * broker, each with at most one batch of a partition (the broker's rule). What may succeed when it is repeated is sent
 * again in order, with the same sequences, once everything in flight for that partition has been answered.
 */
export class Producer {
  readonly #client: KafkaClient;
  readonly #identity: ProducerIdentity;
  readonly #options: ProducerOptions;
  readonly #brokers = new Map<number, BrokerQueue>();
  readonly #troubled = new Set<PartitionWriter>();
  #recovering = false;
  #requests = 0;
  #idle: PromiseWithResolvers<void> | undefined;
  #failed = false;

  constructor(client: KafkaClient, identity: ProducerIdentity, options: ProducerOptions) {
    this.#client = client;
    this.#identity = identity;
    this.#options = options;
  }

  push(writer: PartitionWriter, batch: OutgoingBatch): void {
    writer.push(batch);
    this.#enqueue(writer);
  }

  /** Resolves when no request waits for its answer. Only after the signal has aborted, or when all is flushed. */
  idle(): Promise<void> {
    if (this.#requests === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  get #stopped(): boolean {
    return this.#failed || this.#options.signal.aborted;
  }

  #enqueue(writer: PartitionWriter): void {
    if (writer.queued || !writer.canSend) return;
    if (writer.leader < 0) {
      writer.trouble = 'the partition has no leader';
      this.#recover(writer);
      return;
    }
    const queue = this.#queueOf(writer.leader);
    writer.queued = true;
    queue.ready.push(writer);
    // In a microtask, so that what is pushed together travels together.
    if (queue.ready.length === 1) queueMicrotask(() => this.#pump(queue));
  }

  #queueOf(nodeId: number): BrokerQueue {
    let queue = this.#brokers.get(nodeId);
    if (queue === undefined) {
      queue = { nodeId, ready: [], requests: 0 };
      this.#brokers.set(nodeId, queue);
    }
    return queue;
  }

  #pump(queue: BrokerQueue): void {
    while (!this.#stopped && queue.requests < REQUESTS_IN_FLIGHT && queue.ready.length > 0) {
      const sent = this.#nextRequest(queue);
      if (sent.length > 0) void this.#send(queue, sent);
    }
  }

  /** One batch of each partition whose turn it is. Those that have more go to the end of the queue. */
  #nextRequest(queue: BrokerQueue): Sent[] {
    const sent: Sent[] = [];
    const again: PartitionWriter[] = [];
    let bytes = 0;
    let turn = 0;
    for (; turn < queue.ready.length && bytes < REQUEST_BYTES; turn++) {
      const writer = queue.ready[turn]!;
      if (writer.canSend) {
        const entry = writer.take();
        this.#stamp(entry);
        bytes += entry.batch.bytes.length;
        sent.push({ writer, entry });
      }
      if (writer.canSend) again.push(writer);
      else writer.queued = false;
    }
    queue.ready = queue.ready.slice(turn).concat(again);
    return sent;
  }

  #stamp({ batch, sequence }: Entry): void {
    patchForProduce(batch.bytes, { ...this.#identity, baseSequence: sequence });
  }

  async #send(queue: BrokerQueue, sent: Sent[]): Promise<void> {
    queue.requests++;
    this.#requests++;
    try {
      const answer = await this.#client.send(queue.nodeId, this.#request(sent), 'fetch');
      const partitions = new Map(answer.partitions.map((found) => [`${found.topic}:${found.partition}`, found]));
      for (const one of sent) this.#settle(one, partitions.get(`${one.writer.topic}:${one.writer.partition}`));
    } catch (error) {
      // Everything in an unanswered request may or may not have been appended: the sequences tell the broker.
      if (isConnectionTrouble(error)) for (const { writer } of sent) this.#refuse(writer, error.message);
      else this.#fail(error as Error);
    } finally {
      queue.requests--;
      this.#requests--;
      if (this.#requests === 0) this.#idle?.resolve();
    }
    this.#pump(queue);
  }

  #request(sent: Sent[]) {
    const topics = new Map<string, { partition: number; records: Uint8Array[] }[]>();
    for (const { writer, entry } of sent) {
      const partitions = topics.get(writer.topic);
      const piece = { partition: writer.partition, records: [entry.batch.bytes] };
      if (partitions === undefined) topics.set(writer.topic, [piece]);
      else partitions.push(piece);
    }
    return produceRequest({
      acks: -1,
      timeoutMs: this.#options.timeoutMs,
      topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
    });
  }

  #settle({ writer, entry }: Sent, answer: ProducedPartition | undefined): void {
    const verdict = judgeAnswer(writer, entry, answer);
    if (verdict.kind === 'fatal') {
      writer.refuse(verdict.error.message);
      this.#fail(verdict.error);
    } else if (verdict.kind === 'again') {
      this.#refuse(writer, verdict.reason);
    } else {
      const expected = writer.accept(entry, verdict.baseOffset);
      if (expected !== undefined && this.#options.exclusive) this.#fail(otherWriter(writer, expected));
      if (writer.recovering) this.#recoverWhenAnswered(writer);
      else this.#enqueue(writer);
    }
  }

  #refuse(writer: PartitionWriter, reason: string): void {
    writer.refuse(reason);
    writer.attempts++;
    this.#recoverWhenAnswered(writer);
  }

  #fail(error: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFatal(error);
  }

  #recoverWhenAnswered(writer: PartitionWriter): void {
    if (writer.outstanding === 0) this.#recover(writer);
  }

  #recover(writer: PartitionWriter): void {
    const queue = this.#brokers.get(writer.leader);
    if (writer.queued && queue !== undefined) queue.ready = queue.ready.filter((other) => other !== writer);
    writer.queued = false;
    this.#troubled.add(writer);
    if (!this.#recovering) void this.#recoverTroubled();
  }

  async #recoverTroubled(): Promise<void> {
    this.#recovering = true;
    try {
      await this.#recoverAll();
    } catch (error) {
      if (!isStop(error, this.#options.signal)) this.#fail(error as Error);
    }
    this.#recovering = false;
    // One may have got into trouble while the last round ended.
    if (this.#troubled.size > 0 && !this.#stopped) void this.#recoverTroubled();
  }

  /** Finds out where the partitions in trouble are led now, until none is in trouble. */
  async #recoverAll(): Promise<void> {
    while (this.#troubled.size > 0 && !this.#stopped) {
      const attempts = Math.min(...[...this.#troubled].map((writer) => writer.attempts));
      await sleep(Math.min(BACKOFF_MS.first * 2 ** Math.max(0, attempts - 1), BACKOFF_MS.most), undefined, {
        signal: this.#options.signal,
      });
      const writers = [...this.#troubled];
      for (const writer of writers) this.#refuseToStall(writer);
      const leaders = await this.#leadersOf(writers);
      if (leaders === undefined || this.#stopped) continue;
      for (const writer of writers) {
        const leader = leaders.get(`${writer.topic}:${writer.partition}`) ?? -1;
        if (leader < 0) {
          writer.attempts++;
          continue;
        }
        this.#troubled.delete(writer);
        writer.resume(leader);
        this.#enqueue(writer);
      }
    }
  }

  #refuseToStall(writer: PartitionWriter): void {
    const silentMs = performance.now() - writer.lastProgress;
    const limit = this.#options.stallMs ?? STALL_MS;
    if (silentMs < limit) return;
    throw new MskBackupError(
      'connection',
      'NO_PROGRESS',
      `${writer.place}: nothing was acknowledged for ${Math.round(silentMs / 1000)} s; the last answer was: ${writer.trouble}; check the target's brokers and in-sync replicas`,
    );
  }

  /** Undefined when the cluster does not answer: to be asked again. */
  async #leadersOf(writers: PartitionWriter[]): Promise<Map<string, number> | undefined> {
    try {
      await this.#client.refreshBrokers();
      const cluster = await describeCluster(this.#client, [...new Set(writers.map(({ topic }) => topic))]);
      return new Map(
        cluster.topics.flatMap((topic) =>
          topic.partitions.map(({ partition, leader }) => [`${topic.name}:${partition}`, leader] as const),
        ),
      );
    } catch (error) {
      if (!isConnectionTrouble(error)) throw error;
      for (const writer of writers) {
        writer.attempts++;
        writer.trouble = error.message;
      }
      return undefined;
    }
  }
}

/** Told by the code: no repetition helps against these. */
const LASTING = new Set(['AUTHENTICATION_FAILED', 'UNSUPPORTED_VERSION', 'CLIENT_CLOSED']);

function isConnectionTrouble(error: unknown): error is MskBackupError {
  return error instanceof MskBackupError && error.kind === 'connection' && !LASTING.has(error.code);
}

function otherWriter(writer: PartitionWriter, expected: number): MskBackupError {
  return new MskBackupError(
    'data',
    'TARGET_WRITTEN_BY_OTHERS',
    `${writer.place}: records were appended at another offset than ${expected}: somebody else writes to the topic. Stop the other producers, then begin anew with --recreate or delete the topic first; restore.allow_non_empty would let them (new offsets only)`,
  );
}
