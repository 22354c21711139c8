import { MskBackupError } from '../../errors.ts';
import type { GroupsReplacedBody } from '../../groups/replaced.ts';
import { undoGroups } from '../../groups/undo-groups.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { UndoGroupsOptions } from '../groups-commands.ts';
import { restoreFacts } from '../groups-text.ts';
import { counted, table } from '../output.ts';
import { withRestoreAtTarget } from '../restored-groups.ts';
import type { Run } from '../run.ts';

/** `groups undo`. */
export function execute(run: Run<UndoGroupsOptions>): Promise<number> {
  return withRestoreAtTarget(run, async ({ client, journal, offsets }) => {
    const replaced = await journal.last<GroupsReplacedBody>('groups-replaced');
    if (replaced === undefined) {
      throw new MskBackupError(
        'configuration',
        'NOTHING_REPLACED',
        `restore ${journal.restoreId} has replaced no offsets of groups: there is nothing to put back`,
      );
    }
    const { force = false } = run.options;
    const undone = await undoGroups(client, replaced.body, { force, signal: run.context.signal });
    const { restoreId, snapshot, target } = offsets;
    run.print({ restoreId, snapshot, target, replacedAt: replaced.at, ...undone }, () => {
      const rows = undone.groups.flatMap(({ groupId, offsets }) =>
        offsets.map(({ topic, partition, from, to }) => [groupId, topic, partition, from ?? '-', to ?? '-']),
      );
      const numbers = ['partition', 'was', 'is again'].map((right) => ({ right }));
      const done =
        undone.changed === 0 ? 'all of it was as before already' : `put back ${counted(undone.changed, 'offset')}`;
      return [restoreFacts(offsets), table(['group', 'topic', ...numbers], rows), done].join('\n\n');
    });
    return EXIT_CODES.ok;
  });
}
