import { MskBackupError } from '../errors.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { CarriedRecord, DeadLetter } from './dead-letter.ts';
import type { RangeFinder } from './find-range.ts';
import { parseDeadLetter } from './parse-dead-letter.ts';
import type { DeadLetterQueue, QueuedMessage } from './queue.ts';
import type { RecordProducer } from './record-producer.ts';
import type { ReplayedNotes } from './replayed-notes.ts';

export interface Replay {
  queue: DeadLetterQueue;
  finder: RangeFinder;
  producer: RecordProducer;
  notes: ReplayedNotes;
  /** Only tell what would be produced. */
  dryRun: boolean;
  /** Messages to replay at most. Default all. */
  limit?: number;
}

/** What became of the messages. It is JSON. */
export interface ReplayReport {
  queue: string;
  dryRun: boolean;
  /** Messages whose records were produced, and that were taken off the queue then. */
  replayed: number;
  records: number;
  /** Of these records, how many came from the archive, because the topic has them no more. */
  recordsFromArchive: number;
  /** Messages that had been replayed before: taken off the queue, nothing was produced. */
  repeated: number;
  /** Messages that stay on the queue. */
  left: LeftMessage[];
  interrupted: boolean;
}

export interface LeftMessage {
  id: string;
  /** `unknown format`, `records gone`, or what went wrong. Without any content of the message. */
  why: string;
}

/** What tells a record that was replayed; the rest of its headers is as it was. */
export const REPLAY_HEADERS = {
  at: 'x-msk-backup-replayed-at',
  source: 'x-msk-backup-replayed-from',
  message: 'x-msk-backup-dead-letter',
} as const;

/**
 * Produces the records that dead letters stand for to their topics again. A message goes off the queue only once the
 * brokers have acknowledged all its records; one that cannot be understood, or whose records are gone, stays and is counted.
 * @throws MskBackupError kind `connection` when the queue or the cluster stays away; what was replayed until then is noted
 */
export async function replayQueue(replay: Replay, { signal, progress }: RunContext): Promise<ReplayReport> {
  const { queue, dryRun, limit = Number.POSITIVE_INFINITY } = replay;
  const report: ReplayReport = {
    queue: queue.location,
    dryRun,
    replayed: 0,
    records: 0,
    recordsFromArchive: 0,
    repeated: 0,
    left: [],
    interrupted: false,
  };
  const seen = new Set<string>();
  if (limit > 0) {
    for await (const message of queue.messages(signal)) {
      if (seen.has(message.id)) continue;
      seen.add(message.id);
      await replayMessage(replay, message, report, signal).catch((error: unknown) => {
        if (error instanceof MskBackupError && error.kind === 'connection') throw error;
        if (signal.aborted) return;
        const why = error instanceof Error ? error.message : String(error);
        report.left.push({ id: message.id, why });
        progress.note('warn', `message ${message.id} stays: ${why}`);
      });
      if (report.replayed >= limit) break;
    }
  }
  return { ...report, interrupted: signal.aborted };
}

/** @throws what keeps it on the queue */
export async function replayMessage(
  { queue, finder, producer, notes, dryRun }: Replay,
  message: QueuedMessage,
  report: ReplayReport,
  signal: AbortSignal,
): Promise<void> {
  const letter = parsed(message);
  const identity = letter.identity ?? JSON.stringify([queue.location, message.id]);
  if (await notes.has(identity)) {
    report.repeated++;
    if (!dryRun) await queue.remove(message);
    return;
  }
  const { records, fromArchive } = await recordsOf(letter, finder, signal);
  if (!dryRun) {
    const at = new Date().toISOString();
    for (const [topic, some] of byTopic(records)) {
      await producer.produce(
        topic,
        some.map(({ topic: _, offset, timestamp, ...record }) => ({
          ...record,
          timestamp: timestamp ?? message.sentAt ?? Date.now(),
          headers: [
            ...record.headers,
            header(REPLAY_HEADERS.at, at),
            ...(offset === undefined ? [] : [header(REPLAY_HEADERS.source, `${topic}-${record.partition}@${offset}`)]),
            header(REPLAY_HEADERS.message, message.id),
          ],
        })),
      );
    }
    await notes.add({ identity, at, records: records.length });
    await queue.remove(message);
  }
  report.replayed++;
  report.records += records.length;
  report.recordsFromArchive += fromArchive;
}

function parsed({ body }: QueuedMessage): DeadLetter {
  try {
    return parseDeadLetter(body);
  } catch (error) {
    throw new MskBackupError('data', 'LETTER_UNKNOWN', `unknown format: ${(error as Error).message}`);
  }
}

async function recordsOf(
  { records, ranges }: DeadLetter,
  finder: RangeFinder,
  signal: AbortSignal,
): Promise<{ records: CarriedRecord[]; fromArchive: number }> {
  const found = [...records];
  let fromArchive = 0;
  for (const range of ranges) {
    const { topic, partition } = range;
    const held = await finder.records(range, signal);
    fromArchive += held.fromArchive;
    found.push(...held.records.map((record) => ({ topic, partition, ...record })));
  }
  return { records: found, fromArchive };
}

function byTopic(records: CarriedRecord[]): Map<string, CarriedRecord[]> {
  return Map.groupBy(records, ({ topic }) => topic);
}

function header(name: string, value: string): [Buffer, Buffer] {
  return [Buffer.from(name), Buffer.from(value)];
}
