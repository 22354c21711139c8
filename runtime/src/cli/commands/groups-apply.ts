import { restoreGroups } from '../../groups/restore-groups.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { RestoredGroupsOptions } from '../groups-commands.ts';
import { planText, restoreFacts } from '../groups-text.ts';
import { counted } from '../output.ts';
import { withRestoredGroups } from '../restored-groups.ts';
import type { Run } from '../run.ts';

/** `groups apply`. */
export function execute(run: Run<RestoredGroupsOptions>): Promise<number> {
  return withRestoredGroups(run, async (input, { offsets }) => {
    const restored = await restoreGroups(input);
    const { restoreId, snapshot, target } = offsets;
    const done =
      restored.committed === 0
        ? 'nothing was committed: all of them stand there already'
        : `committed ${counted(restored.committed, 'offset')}; msk-backup groups undo puts back what was there before`;
    run.print({ restoreId, snapshot, target, ...restored }, () =>
      [restoreFacts(offsets), planText(restored), done].join('\n\n'),
    );
    return EXIT_CODES.ok;
  });
}
