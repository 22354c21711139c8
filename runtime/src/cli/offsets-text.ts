import { readRanges } from '../journal/stored-ranges.ts';
import type { OffsetRange } from '../offsets/offset-map.ts';
import type { Lookup, MappedPartition } from './look-up-offsets.ts';
import { count, table } from './output.ts';

const CSV_HEAD = 'source_topic,source_partition,source_offset,target_topic,target_partition,target_offset';

/** Ranges of a partition, and behind them one of no records: from where on an offset becomes the target's log end. */
export function rangesOf({ mapped: { ranges, end } }: MappedPartition): OffsetRange[] {
  const all = [...readRanges(ranges)];
  const { source, length } = all.at(-1) ?? { source: 0, length: 0 };
  all.push({ source: source + length, target: end, length: 0 });
  return all;
}

export function lookupTable(lookups: Lookup[]): string {
  return table(
    ['source', { right: 'partition' }, { right: 'offset' }, 'target', { right: 'partition' }, { right: 'offset' }, ''],
    lookups.map((lookup) => [
      lookup.source.topic,
      lookup.source.partition,
      lookup.source.offset ?? '-',
      lookup.target.topic,
      lookup.target.partition,
      lookup.target.offset,
      remark(lookup),
    ]),
  );
}

export function lookupCsv(lookups: Lookup[]): string {
  const rows = lookups.map(({ source, target, exact }) =>
    [source.topic, source.partition, source.offset ?? '', target.topic, target.partition, target.offset, exact].join(
      ',',
    ),
  );
  return [`${CSV_HEAD},exact`, ...rows].join('\n');
}

export function rangeTable(partitions: MappedPartition[]): string {
  return table(
    ['source', { right: 'partition' }, 'offsets', 'target', { right: 'partition' }, 'offsets', { right: 'records' }],
    partitions.flatMap((partition) =>
      rangesOf(partition).map(({ source, target, length }) => [
        partition.source.topic,
        partition.source.partition,
        length === 0 ? `from ${count(source)} on` : span(source, length),
        partition.target.topic,
        partition.target.partition,
        length === 0 ? `${count(target)}, the end` : span(target, length),
        length,
      ]),
    ),
  );
}

export function rangeCsv(partitions: MappedPartition[]): string {
  const rows = partitions.flatMap((partition) =>
    rangesOf(partition).map(({ source, target, length }) =>
      [
        partition.source.topic,
        partition.source.partition,
        source,
        partition.target.topic,
        partition.target.partition,
        target,
        length,
      ].join(','),
    ),
  );
  return [`${CSV_HEAD},records`, ...rows].join('\n');
}

function span(first: number, length: number): string {
  return length === 1 ? count(first) : `${count(first)} to ${count(first + length - 1)}`;
}

function remark({ source, exact, next }: Lookup): string {
  if (exact) return '';
  if (source.offset === null) return 'no restored record is there';
  return next === null
    ? 'no record there or after it: the end'
    : `no record there: the first one after it, ${count(next!)}`;
}
