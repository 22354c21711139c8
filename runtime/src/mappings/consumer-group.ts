import type { SavedMapping } from './saved-mapping.ts';

const LAMBDAS_OWN = /^(amazon\.lambda\.)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LONGEST = 200;

/**
 * The group that a mapping reads with. Lambda tells it when asked for the mapping; for one that names none, the group is made
 * from the UUID, as `amazon.lambda.UUID` or the UUID alone.
 * @param known groups that are there; empty when nobody knows
 */
export function groupOf({ uuid, consumerGroupId }: SavedMapping, known: readonly string[] = []): string {
  const possible = [...(consumerGroupId === undefined ? [] : [consumerGroupId]), `amazon.lambda.${uuid}`, uuid];
  return possible.find((group) => known.includes(group)) ?? possible[0]!;
}

/**
 * The group for a mapping that is to read from its starting position. Lambda ignores that position where the group has offsets,
 * so the group must be a new one: for a group that Lambda made, Lambda makes another (undefined); a chosen name gets
 * `-reset-20261124T110501Z` behind it, in place of an earlier such end.
 */
export function newGroup({ consumerGroupId }: SavedMapping, now: Date): string | undefined {
  if (consumerGroupId === undefined || LAMBDAS_OWN.test(consumerGroupId)) return undefined;
  const end = `-reset-${now.toISOString().replace(/[-:]|\.\d+/g, '')}`;
  return consumerGroupId.replace(/-reset-\d{8}T\d{6}Z$/, '').slice(0, LONGEST - end.length) + end;
}
