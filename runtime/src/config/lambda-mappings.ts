import type { Findings, Path } from './findings.ts';
import type { LambdaMapping } from './job.ts';
import type { LambdaSection } from './schema/lambda.ts';

/** @param path of `given`, one mapping or a list */
export function toLambdaMappings(
  given: LambdaSection | LambdaSection[] | undefined,
  path: Path,
  findings: Findings,
): LambdaMapping[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) return [toMapping(given, path, findings)];
  const named = new Set<string>();
  return given.map((section, index) => {
    const key = section.uuid === undefined ? 'function' : 'uuid';
    const name = section.uuid?.toLowerCase() ?? section.function;
    if (name !== undefined && named.has(name)) {
      findings.problem([...path, index, key], 'is there twice: a mapping can go on in one way only');
    }
    if (name !== undefined) named.add(name);
    return toMapping(section, [...path, index], findings);
  });
}

function toMapping(section: LambdaSection, path: Path, findings: Findings): LambdaMapping {
  const at = (key: keyof LambdaSection) => [...path, key];
  const {
    uuid,
    function: functionName,
    strategy,
    cluster_arn,
    starting_timestamp,
    consumer_group,
    region,
    endpoint,
  } = section;
  if (uuid === undefined && functionName === undefined) {
    findings.required(at('function'), 'is missing: the function whose mappings are meant, or uuid for a single one');
  }
  if (uuid !== undefined && functionName !== undefined) {
    findings.problem(at('function'), 'does not go with uuid, which names one mapping: leave one of them out');
  }
  if (strategy === undefined) {
    findings.required(
      at('strategy'),
      'is missing: reset (read anew from the start) or resume (go on at the next record)',
    );
  }
  if (strategy === 'resume' && starting_timestamp !== undefined) {
    findings.problem(at('starting_timestamp'), 'does not go with strategy: resume, which goes on at the next record');
  }
  return {
    uuid,
    functionName,
    clusterArn: cluster_arn,
    strategy: strategy ?? 'resume',
    consumerGroup: consumer_group,
    startingTimestamp: starting_timestamp,
    region,
    endpoint,
  };
}
