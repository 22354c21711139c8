import { MskBackupError } from '../errors.ts';
import { type EventSourceMapping, mappingName } from './lambda-api.ts';
import { clusterName, isMskArn, namesFunction } from './lambda-names.ts';

/** Which mappings are meant: one by its UUID, or those of a function. */
export interface MappingChoice {
  uuid?: string;
  functionName?: string;
  /** Only those that read this cluster now. */
  fromCluster?: string;
}

/**
 * The mappings that are meant, of those that there are.
 * @param reads only those that read one of these topics; undefined for all
 * @param where for messages: region or endpoint
 * @throws MskBackupError kind `configuration`, `MAPPING_NOT_FOUND`, when there is none
 */
export function findMappings(
  all: readonly EventSourceMapping[],
  { uuid, functionName, fromCluster }: MappingChoice,
  reads: ReadonlySet<string> | undefined,
  where: string,
): EventSourceMapping[] {
  const named = all.filter((it) =>
    uuid !== undefined ? it.uuid === uuid.toLowerCase() : namesFunction(functionName ?? '', it.functionArn),
  );
  const found = named.filter(
    ({ eventSourceArn, topics }) =>
      isMskArn(eventSourceArn) &&
      (fromCluster === undefined || eventSourceArn === fromCluster) &&
      (reads === undefined || topics.some((topic) => reads.has(topic))),
  );
  if (found.length > 0) return found;
  const [what, none] =
    uuid !== undefined
      ? [mappingName(uuid), `there is no ${mappingName(uuid)}`]
      : [`function ${functionName}`, `there is no mapping of function ${functionName}`];
  const why =
    named.length > 0
      ? `${what} reads ${whatElse(named, reads)}`
      : `${none}: check name and region; one that is lost can be made again from saved settings (msk-backup esm resume --from FILE)`;
  throw new MskBackupError('configuration', 'MAPPING_NOT_FOUND', `Lambda in ${where}: ${why}`);
}

function whatElse(named: EventSourceMapping[], reads: ReadonlySet<string> | undefined): string {
  const read = named.map(({ eventSourceArn, topics }) => {
    if (eventSourceArn === undefined || !isMskArn(eventSourceArn)) return 'no MSK cluster';
    return `${topics.join(', ')} of ${clusterName(eventSourceArn)}`;
  });
  const wanted = reads === undefined ? 'nothing that was asked for' : `none of the topics ${[...reads].join(', ')}`;
  return `${wanted}; it reads ${[...new Set(read)].join('; ')}`;
}
