import prettyBytes from 'pretty-bytes';
import prettyMilliseconds from 'pretty-ms';
import type { StoredDrill } from '../drill/run-drill.ts';

export function drillText({ report, stored }: StoredDrill): string {
  const { snapshot, verified, groups, problems } = report;
  const age = snapshot && prettyMilliseconds(snapshot.ageSeconds * 1000, { unitCount: 2 });
  return [
    report.succeeded
      ? `Drill ${report.id}: the archive was restored and compared, nothing differs`
      : `Drill ${report.id} did not succeed:`,
    ...problems.map((problem) => `  ${problem}`),
    ...(snapshot === undefined
      ? []
      : [
          `Snapshot ${snapshot.backupId}, cut ${age} before the drill: so much would have been lost in a disaster then`,
        ]),
    `Restored ${report.records} records (${prettyBytes(report.rawBytes)}) in ${report.topics.length} ${report.topics.length === 1 ? 'topic' : 'topics'}, compared ${verified.records} in ${verified.partitions} of ${verified.ofPartitions} partitions`,
    `Consumer groups: ${groups.checked} with ${groups.offsets} offsets`,
    `Took ${prettyMilliseconds(report.seconds.total * 1000)}; the topics of the drill ${report.leftOver.length === 0 ? 'are deleted' : `are left: ${report.leftOver.join(', ')}`}`,
    `Report: ${stored}.json, ${stored}.html`,
  ].join('\n');
}
