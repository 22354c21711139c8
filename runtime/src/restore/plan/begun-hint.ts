import type { Snapshot } from '../../archive/snapshot.ts';
import type { BegunTopic } from './begun-topics.ts';

/**
 * For a target that is not empty because another restore has filled it: which one, and how to go on. `latest` may have moved
 * on since, or the configuration was changed.
 * @param topics of the target that are in the way
 * @returns words for an error; undefined when no restore with a journal here had to do with them
 */
export function begunHint(
  topics: string[],
  begun: ReadonlyMap<string, BegunTopic>,
  { sequence, archiveId }: Pick<Snapshot, 'sequence' | 'archiveId'>,
): string | undefined {
  const topic = topics.find((name) => begun.get(name)?.last !== undefined);
  if (topic === undefined) return undefined;
  const { created, last } = begun.get(topic)!;
  const { restoreId, snapshot, offsets, finished } = last!;
  const commit = `commit:${snapshot.sequence}`;
  const foreign = snapshot.archiveId !== archiveId;
  const same = !foreign && snapshot.sequence === sequence;
  const where = foreign
    ? `snapshot ${snapshot.backupId} of another archive`
    : same
      ? `this snapshot with another configuration (restore.offsets: ${offsets})`
      : `snapshot ${snapshot.backupId} (${commit}, as of ${snapshot.cutTime})`;
  const how = foreign ? 'that archive' : same ? 'that configuration' : `--backup-id ${commit}`;
  const choices = [
    ...(finished ? [] : [`go on with it with ${how}`]),
    ...(created ? ['make it anew from this snapshot with --recreate'] : []),
  ];
  const then = choices.length === 0 ? '' : `: ${choices.join(', or ')}`;
  return `topic ${topic} was ${finished ? 'restored' : 'begun'} by restore ${restoreId} of ${where}${then}`;
}
