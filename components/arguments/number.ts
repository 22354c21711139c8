import type { ArgumentProblem } from './refuse.ts';

/**
 * A check of a whole number within limits, both of them allowed; undefined passes.
 * @param unit as in "60 to 86400 seconds"
 */
export function wholeNumber(least: number, most: number, unit: string) {
  return (value: number | undefined, propertyPath: string): ArgumentProblem[] => {
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return [];
    return [{ propertyPath, reason: `is ${value}: give a whole number of ${unit}, ${least} to ${most}` }];
  };
}
