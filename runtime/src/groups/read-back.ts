import { MskBackupError } from '../errors.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { fetchGroupOffsets } from '../kafka/group-offsets.ts';
import { Patience } from '../kafka/retry.ts';
import { committedNow, standsAt } from './replaced.ts';

/** Where a group has to stand; null: nowhere. */
export interface ExpectedOffset {
  groupId: string;
  topic: string;
  partition: number;
  wanted: { offset: number; metadata: string | null } | null;
}

const NAMED = 5;

/**
 * Reads the groups' offsets back and compares. A coordinator that has just taken over may need a moment for them.
 * @throws MskBackupError kind `data`, `GROUP_OFFSETS_DIFFER`
 */
export async function readBack(
  client: KafkaClient,
  expected: readonly ExpectedOffset[],
  signal?: AbortSignal,
): Promise<void> {
  const patience = new Patience(signal);
  let open = expected;
  for (;;) {
    const ids = [...new Set(open.map(({ groupId }) => groupId))];
    const now = committedNow(await fetchGroupOffsets(client, ids, signal));
    open = open.filter(({ groupId, topic, partition, wanted }) => !standsAt(now(groupId, topic, partition), wanted));
    if (open.length === 0) return;
    if (await patience.pause()) continue;
    const named = open.slice(0, NAMED).map(({ groupId, topic, partition, wanted }) => {
      const stands = now(groupId, topic, partition)?.offset ?? 'nothing';
      return `group ${groupId} on ${topic}[${partition}] has ${stands} instead of ${wanted?.offset ?? 'nothing'}`;
    });
    const more = open.length > NAMED ? ` and ${open.length - NAMED} more` : '';
    throw new MskBackupError(
      'data',
      'GROUP_OFFSETS_DIFFER',
      `committed offsets do not stand: ${named.join('; ')}${more}; somebody else commits with these groups: stop that and run again`,
    );
  }
}
