import { type OffsetsBody, type OffsetsPartition, toOffsetMap } from '../journal/offset-map-object.ts';
import type { MapOf, MappedPartition } from './plan-groups.ts';

/** Where the source partitions of a finished restore have gone. Maps are built when they are asked for. */
export function mapOfRestore({ topics }: Pick<OffsetsBody, 'topics'>): MapOf {
  const byName = new Map(topics.map((topic) => [topic.source, topic]));
  const built = new Map<OffsetsPartition, MappedPartition>();
  return (name, number) => {
    const topic = byName.get(name);
    if (topic === undefined) return 'topic-not-restored';
    if (topic.repartitioned) return 'topic-repartitioned';
    const found = topic.partitions.find(({ source }) => source === number);
    if (found === undefined) return 'partition-not-restored';
    const mapped = built.get(found) ?? { topic: topic.target, partition: found.target, map: toOffsetMap(found) };
    built.set(found, mapped);
    return mapped;
  };
}
