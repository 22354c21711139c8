import pLimit from 'p-limit';
import { MskBackupError } from '../errors.ts';

/** Answers with the mapping of a UUID; undefined when there is none in the region that is asked. */
export type MappingOf = (uuid: string) => Promise<{ functionArn: string } | undefined>;

/** The Lambda functions behind consumer groups. */
export interface NamedFunctions {
  /** ARN by group id; without those that are not Lambda's, and those whose mapping is gone. */
  functions: Map<string, string>;
  /** Why some are not known, in one line: access, network, region. */
  unknown?: string;
}

const LAMBDAS_OWN = /^amazon\.lambda\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;
const ASKED_AT_ONCE = 8;
/** For all of them: who has no access to Lambda shall not wait long for the rest. */
const PATIENCE_MS = 10_000;

/** The UUID of the event source mapping that a group was made for. */
function uuidOf(groupId: string): string | undefined {
  return LAMBDAS_OWN.exec(groupId)?.[1];
}

/**
 * Asks Lambda for the functions behind groups, where there are such groups, with AWS's default credentials. Never fails.
 * @param region undefined: the environment's or the profile's
 */
export async function askForFunctions(
  groupIds: readonly string[],
  region: string | undefined,
): Promise<NamedFunctions> {
  if (groupIds.every((groupId) => uuidOf(groupId) === undefined)) return { functions: new Map() };
  const { lambdaApi } = await import('../mappings/lambda-api.ts');
  const api = lambdaApi({ ...(region !== undefined && { region }) });
  const stop = new AbortController();
  const timer = setTimeout(
    () => stop.abort(new MskBackupError('connection', 'LAMBDA_TIMEOUT', 'Lambda has not answered within 10 s')),
    PATIENCE_MS,
  );
  try {
    return await nameFunctions(groupIds, (uuid) => api.get(uuid, stop.signal));
  } finally {
    clearTimeout(timer);
    api.close();
  }
}

/** Names the functions behind groups. Never fails: a name is a courtesy. After the first refusal nothing more is asked. */
export async function nameFunctions(groupIds: readonly string[], mappingOf: MappingOf): Promise<NamedFunctions> {
  const limit = pLimit(ASKED_AT_ONCE);
  const functions = new Map<string, string>();
  let unknown: string | undefined;
  await Promise.all(
    groupIds.map((groupId) =>
      limit(async () => {
        const uuid = uuidOf(groupId);
        if (uuid === undefined || unknown !== undefined) return;
        try {
          const mapping = await mappingOf(uuid);
          if (mapping !== undefined) functions.set(groupId, mapping.functionArn);
        } catch (reason) {
          if (!(reason instanceof MskBackupError)) throw reason;
          unknown ??= reason.message;
        }
      }),
    ),
  );
  return { functions, ...(unknown !== undefined && { unknown }) };
}

/** The region in an address of an MSK cluster, such as `b-1.shop.abc123.c2.kafka.eu-west-1.amazonaws.com:9098`. */
export function regionOfCluster(bootstrapServers: readonly string[]): string | undefined {
  for (const server of bootstrapServers) {
    const region = /\.kafka(?:-serverless)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?(?::\d+)?$/.exec(server)?.[1];
    if (region !== undefined) return region;
  }
  return undefined;
}
