import { planRestoredGroups } from '../../groups/restore-groups.ts';
import { describeGroups } from '../../kafka/group-state.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { RestoredGroupsOptions } from '../groups-commands.ts';
import { planText, restoreFacts } from '../groups-text.ts';
import { withRestoredGroups } from '../restored-groups.ts';
import type { Run } from '../run.ts';

/** `groups plan`: what `apply` would commit. Groups with members are noted, since they may be stopped until then. */
export function execute(run: Run<RestoredGroupsOptions>): Promise<number> {
  return withRestoredGroups(run, async (input, { client, offsets }) => {
    const planned = await planRestoredGroups(input);
    const ids = planned.groups.filter((group) => group.offsets.length > 0).map(({ groupId }) => groupId);
    const inUse = (await describeGroups(client, ids, input.signal)).filter(({ members }) => members.length > 0);
    const remarks = [
      ...planned.remarks,
      ...inUse.map(
        ({ groupId }) => `group ${groupId} has members: nothing is applied before its consumers are stopped`,
      ),
    ];
    const plan = { ...planned, remarks };
    const { restoreId, snapshot, target } = offsets;
    run.print({ restoreId, snapshot, target, ...plan }, () => [restoreFacts(offsets), planText(plan)].join('\n\n'));
    return EXIT_CODES.ok;
  });
}
