import { clusterName } from '../mappings/lambda-names.ts';
import type { MappingOutcome } from '../mappings/outcome.ts';
import { table } from './output.ts';

/** Mappings and what has become of them, with the remarks below. */
export function outcomesText(outcomes: MappingOutcome[]): string {
  if (outcomes.length === 0) return 'nothing to do: every mapping has gone on already';
  const rows = outcomes.map(({ uuid, newUuid, topics, clusterArn, consumerGroupId, state, ...outcome }) => [
    newUuid ?? uuid,
    outcome.function,
    clusterName(clusterArn),
    topics.join(', '),
    consumerGroupId ?? '-',
    newUuid === uuid ? outcome.action : `made in place of ${uuid}`,
    state ?? '-',
  ]);
  const remarks = outcomes.flatMap(({ uuid, remarks }) => remarks.map((remark) => `note: ${uuid}: ${remark}`));
  const list = table(['uuid', 'function', 'cluster', 'topic', 'group', 'action', 'state'], rows);
  return [list, ...remarks].join('\n\n');
}
