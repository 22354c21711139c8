import { MskBackupError } from '../errors.ts';
import type { KafkaClient } from '../kafka/client.ts';
import type { ClusterDescription } from '../kafka/describe-cluster.ts';
import { findOpenTransactions, type OpenTransaction } from '../kafka/open-transactions.ts';
import type { RunContext } from '../observe/run-context.ts';
import type { Cut } from './cut.ts';

/** The partitions that are furthest behind are named, and the others counted. */
const NAMED = 5;
/** Brokers end transactions after at most this time (transaction.max.timeout.ms, unless changed): an older one hangs. */
const LONGEST_TRANSACTION_MS = 15 * 60_000;

/** A partition whose last stable offset was below its high watermark at the cut. */
export interface HeldBack {
  topic: string;
  partition: number;
  /** Offsets between the two: written, replicated, and not to be read before the transaction ends. */
  lagRecords: number;
}

/** The partitions of a cut that open transactions hold back, those that are furthest behind first. */
export function heldBackBy(cut: Pick<Cut, 'topics'>): HeldBack[] {
  return cut.topics
    .flatMap(({ name, partitions }) =>
      partitions.map(({ partition, highWatermark, lastStable }) => ({
        topic: name,
        partition,
        lagRecords: highWatermark - lastStable,
      })),
    )
    .filter(({ lagRecords }) => lagRecords > 0)
    .sort((a, b) => b.lagRecords - a.lagRecords);
}

/**
 * Tells of the producers whose open transactions keep records out of the snapshot. A warning where one seems to hang:
 * retention may delete what stands behind it before it could be backed up. That a cluster does not tell ends no backup.
 */
export async function tellOpenTransactions(
  client: KafkaClient,
  cluster: ClusterDescription,
  cut: Cut,
  { progress, signal }: RunContext,
): Promise<void> {
  const held = heldBackBy(cut);
  if (held.length === 0) return;
  const named = held.slice(0, NAMED);
  let found: OpenTransaction[];
  try {
    found = await findOpenTransactions(client, cluster, named, signal);
  } catch (reason) {
    if (!(reason instanceof MskBackupError) || reason.kind === 'interrupted') throw reason;
    progress.note('warn', `${describeHeld(held)}; its producer is not known: ${reason.message}`);
    return;
  }
  const now = Date.now();
  for (const { topic, partition, lagRecords } of named) {
    const open = found.find((one) => one.topic === topic && one.partition === partition);
    // It has ended since.
    if (open === undefined) continue;
    const old = open.lastTimestamp >= 0 && now - open.lastTimestamp > LONGEST_TRANSACTION_MS;
    progress.note(
      old ? 'warn' : 'info',
      `${topic}[${partition}]: ${describe(open)} has a transaction open since offset ${open.start}; ${lagRecords} records ` +
        `from there on are not backed up before it ends${old ? advice(open) : ''}`,
      { lagRecords, ...open },
    );
  }
  if (held.length > NAMED) progress.note('info', `${describeHeld(held.slice(NAMED))} besides`);
}

function describe({ producerId, producerEpoch, transactionalId, lastTimestamp }: OpenTransaction): string {
  const id = transactionalId === undefined ? '' : `transactional id ${transactionalId}, `;
  const last = lastTimestamp < 0 ? '' : `, last record of ${new Date(lastTimestamp).toISOString()}`;
  return `producer ${producerId} (${id}epoch ${producerEpoch}${last})`;
}

function advice({ topic, partition, start }: OpenTransaction): string {
  return (
    '. It seems to hang, and retention may delete these records first: end its producer, or abort it with ' +
    `kafka-transactions.sh abort --topic ${topic} --partition ${partition} --start-offset ${start}`
  );
}

function describeHeld(held: HeldBack[]): string {
  const records = held.reduce((sum, { lagRecords }) => sum + lagRecords, 0);
  const partitions = held.length === 1 ? `${held[0]!.topic}[${held[0]!.partition}]` : `${held.length} partitions`;
  return `open transactions hold ${records} records of ${partitions} back`;
}
