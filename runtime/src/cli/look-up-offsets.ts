import { distance } from 'fastest-levenshtein';
import { MskBackupError } from '../errors.ts';
import {
  type OffsetsBody,
  type OffsetsPartition,
  type OffsetsTopic,
  toOffsetMap,
} from '../journal/offset-map-object.ts';

/** Which side the names and numbers are of. */
export type Side = 'source' | 'target';

export interface Place {
  topic: string;
  partition: number;
}

/** One partition of the map. */
export interface MappedPartition {
  source: Place;
  target: Place;
  mapped: OffsetsPartition;
}

export interface Lookup {
  /** The offset is null when no restored record is at the target's offset. */
  source: Place & { offset: number | null };
  target: Place & { offset: number };
  /** False when the source had no record there, or it was not restored: then the target's offset is that of the next record. */
  exact: boolean;
  /** With `exact: false`: source offset of that next record; null when there is none, and the target's offset is its log end. */
  next?: number | null;
}

/**
 * The partitions that are meant. A topic may be named as at the source or as at the target: the side that was asked for comes first.
 * @throws MskBackupError kind `configuration`: `TOPIC_NOT_RESTORED`, `PARTITION_NOT_RESTORED`
 */
export function mappedPartitions(
  offsets: OffsetsBody,
  side: Side,
  { topic, partition }: Partial<Place>,
): MappedPartition[] {
  const topics = topic === undefined ? offsets.topics : [findTopic(offsets, side, topic)];
  const found = topics.flatMap((of) =>
    of.partitions
      .filter((at) => partition === undefined || at[side] === partition)
      .map((mapped) => ({
        source: { topic: of.source, partition: mapped.source },
        target: { topic: of.target, partition: mapped.target },
        mapped,
      })),
  );
  if (topic !== undefined && topics[0]!.repartitioned) {
    throw notRestored(
      offsets,
      `of topic ${topic}: its records were spread over the partitions by their keys (restore.repartitioning)`,
    );
  }
  if (found.length > 0 || partition === undefined) return found;
  const numbers = new Set(topics.flatMap((of) => of.partitions.map((at) => at[side])).sort((a, b) => a - b));
  const of = topic === undefined ? '' : ` of topic ${topic}`;
  throw notRestored(
    offsets,
    `of partition ${partition}${of} at the ${side}; it has ${[...numbers].join(', ') || 'none'}`,
  );
}

function notRestored({ restoreId }: OffsetsBody, what: string): MskBackupError {
  return new MskBackupError('configuration', 'PARTITION_NOT_RESTORED', `restore ${restoreId} has no map ${what}`);
}

/** Where records of a partition are at the other side. */
export function lookUp({ source, target, mapped }: MappedPartition, side: Side, offsets: readonly number[]): Lookup[] {
  const map = toOffsetMap(mapped);
  return offsets.map((offset) => {
    if (side === 'target') {
      const at = map.sourceOf(offset) ?? null;
      return { source: { ...source, offset: at }, target: { ...target, offset }, exact: at !== null };
    }
    const at = map.targetAtOrAfter(offset);
    const exact = map.targetOf(offset) !== undefined;
    return {
      source: { ...source, offset },
      target: { ...target, offset: at },
      exact,
      ...(!exact && { next: map.sourceOf(at) ?? null }),
    };
  });
}

function findTopic({ topics, restoreId }: OffsetsBody, side: Side, name: string): OffsetsTopic {
  const other = side === 'source' ? 'target' : 'source';
  const found = topics.find((topic) => topic[side] === name) ?? topics.find((topic) => topic[other] === name);
  if (found !== undefined) return found;
  const [near] = topics
    .flatMap(({ source, target }) => [source, target])
    .map((known) => ({ known, far: distance(known, name) }))
    .sort((a, b) => a.far - b.far);
  const hint = near !== undefined && near.far <= Math.max(2, name.length / 3) ? `; did you mean ${near.known}?` : '';
  throw new MskBackupError(
    'configuration',
    'TOPIC_NOT_RESTORED',
    `restore ${restoreId} has not restored a topic ${name}${hint}`,
  );
}
