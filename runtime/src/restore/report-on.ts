import { storedRange } from '../journal/stored-ranges.ts';
import type { OffsetMap } from '../offsets/offset-map.ts';
import { expectedChain } from './check/check.ts';
import type { PreparedRestore } from './plan/prepare-restore.ts';
import type { RestoredPartition, RestoredTopic, RestoreReport } from './report/report.ts';
import type { TopicWork } from './write/open-topics.ts';
import type { SpreadTask } from './write/restore-spread.ts';

/** Of a partition. */
const RANGES_REPORTED = 1000;

export type Outcome = Pick<RestoreReport, 'interrupted' | 'readBack' | 'offsetMap' | 'groups' | 'mappings' | 'error'>;

/** The report of a restore as it stands. */
export function reportOn({ plan }: PreparedRestore, started: Date, work: TopicWork[], outcome: Outcome): RestoreReport {
  const finished = new Date();
  return {
    plan,
    startedAt: started.toISOString(),
    finishedAt: finished.toISOString(),
    durationMs: finished.getTime() - started.getTime(),
    topics: work.map(reportTopic),
    ...outcome,
  };
}

function reportTopic({ topic, paused, tasks, spreads, stays }: TopicWork): RestoredTopic {
  return {
    source: topic.source.name,
    target: topic.target,
    ...(stays !== undefined && { retentionPaused: stays }),
    originalConfig: Object.fromEntries(paused.settings.map(({ name, original }) => [name, original])),
    ...(spreads.length > 0 && { spread: reportSpread(spreads) }),
    partitions: tasks.map(({ writer, frames, extent }) => ({
      partition: writer.partition,
      source: frames.partition.partition,
      records: writer.ledger.records,
      batches: writer.ledger.batches,
      expectedChecksum: hexChain(expectedChain(frames)),
      producedChecksum: hexChain(writer.ledger.chain),
      targetStart: writer.ledger.start,
      targetEnd: writer.ledger.end,
      ...reportMap(writer.ledger.map),
      ...(extent !== undefined && { logStart: extent.start, markers: extent.markers }),
    })),
  };
}

function reportMap(map: OffsetMap): Pick<RestoredPartition, 'rangeCount' | 'ranges'> {
  const rangeCount = map.size;
  return rangeCount > RANGES_REPORTED ? { rangeCount } : { rangeCount, ranges: [...map.ranges()].map(storedRange) };
}

function reportSpread(spreads: SpreadTask[]): NonNullable<RestoredTopic['spread']> {
  return {
    sources: spreads.map(({ frames, records }) => ({ source: frames.partition.partition, records })),
    targets: spreads[0]!.writers.map(({ partition, ledger }) => ({
      partition,
      records: ledger.records,
      targetStart: ledger.start,
      targetEnd: ledger.end,
    })),
  };
}

function hexChain(chain: number): string {
  return chain.toString(16).padStart(8, '0');
}
