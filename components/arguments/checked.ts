import * as pulumi from '@pulumi/pulumi';
import { type ArgumentProblem, refuse } from './refuse.ts';

/** What is wrong with the value of one argument. The path is the argument's name. */
export type Checks<T> = {
  [K in keyof T]?: (value: pulumi.Unwrap<T[K]>, propertyPath: string) => ArgumentProblem[];
};

/**
 * Checks arguments. What is plain is checked at once, and all its problems are told in one error; an argument that holds an
 * Output is checked when that resolves. The answer resolves to all values after that, and fails with the same error: what
 * uses it never sees a bad value.
 * @param values arguments by their names; group those that are checked together (`compute`)
 * @param checks by the same names
 * @param together checks that need several arguments: once all of them are known
 * @throws pulumi.InputPropertiesError
 */
export function checked<T extends object>(
  component: string,
  name: string,
  values: T,
  checks: Checks<T>,
  together: (values: pulumi.Unwrap<T>) => ArgumentProblem[] = () => [],
): pulumi.Output<pulumi.Unwrap<T>> {
  const early = problemsOf(checks, values, (key) => isPlain(values[key]));
  if (isPlain(values)) early.push(...together(values as pulumi.Unwrap<T>));
  refuse(component, name, early);
  return pulumi.output(values).apply((resolved) => {
    refuse(component, name, [...problemsOf(checks, resolved as T), ...together(resolved)]);
    return resolved;
  }) as pulumi.Output<pulumi.Unwrap<T>>;
}

/**
 * What each argument has wrong by itself.
 * @param values known ones, at least those that are included
 */
export function problemsOf<T extends object>(
  checks: Checks<T>,
  values: T,
  included: (key: keyof T) => boolean = () => true,
): ArgumentProblem[] {
  const keys = Object.keys(checks) as (keyof T & string)[];
  return keys.filter(included).flatMap((key) => checks[key]?.(values[key] as pulumi.Unwrap<T[typeof key]>, key) ?? []);
}

/** No Output and no promise anywhere in it: known before anything is deployed. */
export function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (pulumi.Output.isInstance(value) || value instanceof Promise) return false;
  return Object.values(value).every(isPlain);
}
