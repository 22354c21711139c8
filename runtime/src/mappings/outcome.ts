import { clusterName, shortName } from './lambda-names.ts';
import type { MappingRecord } from './recovery.ts';

/** What has become of a mapping. */
export interface MappingOutcome {
  /** Before. */
  uuid: string;
  /** Now: another one where the mapping was made again; undefined where there is none. */
  newUuid?: string;
  /** `NAME` or `NAME:VERSION-OR-ALIAS`. */
  function: string;
  topics: string[];
  clusterArn: string;
  /** `disabled`; `enabled`: reads again; `unchanged`: was disabled before and stays so; `made`: deleted and made again. */
  action: 'disabled' | 'enabled' | 'unchanged' | 'made';
  strategy?: 'reset' | 'resume';
  consumerGroupId?: string;
  /** Lambda's state of the mapping that is there now. */
  state?: string;
  /** What a person should know. */
  remarks: string[];
}

/** `order-processor on orders of shop`. */
export function describeMapping({ saved, target }: MappingRecord): string {
  const { functionName, clusterArn, topics } = target ?? { ...saved, functionName: saved.functionArn };
  return `${shortName(functionName)} on ${topics.join(', ')} of ${clusterName(clusterArn)}`;
}
