import { groupPatternProblems, topicPatternProblems } from '../policies/problems.ts';
import type { ArgumentProblem } from './refuse.ts';

/**
 * A check of names and patterns of topics; at least one.
 * @param wider the argument in which to give patterns for the policy alone; undefined where there is none
 */
export function topicsProblems(wider?: string) {
  return (topics: string[] | undefined, propertyPath: string): ArgumentProblem[] => {
    if (topics === undefined || topics.length === 0) {
      return [{ propertyPath, reason: 'names no topic: name topics or patterns, ["*"] for all' }];
    }
    return topicPatternProblems(propertyPath, topics, wider);
  };
}

/** A check of ids and patterns of consumer groups; undefined passes. */
export function groupsProblems(groups: string[] | undefined, propertyPath: string): ArgumentProblem[] {
  return groups === undefined ? [] : groupPatternProblems(propertyPath, groups);
}

/** A check of brokers, `host:port` with commas between them; undefined passes. */
export function serversProblems(servers: string | undefined, propertyPath: string): ArgumentProblem[] {
  if (servers === undefined) return [];
  const strange = servers
    .split(',')
    .map((server) => server.trim())
    .find((server) => !/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/.test(server));
  return strange === undefined
    ? []
    : [
        {
          propertyPath,
          reason: `is not host:port, or several with commas between them: ${strange || servers || 'empty'}`,
        },
      ];
}
