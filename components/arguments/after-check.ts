import * as pulumi from '@pulumi/pulumi';
import { isPlain } from './checked.ts';

/** The same arguments, each known or an Output. */
export type Checked<T> = { [K in keyof T]-?: pulumi.Output<pulumi.Unwrap<T[K]>> };

/**
 * Arguments, to be used after `checked` has passed the plain ones. Those stay known, so that a preview shows them although others
 * are not; the rest comes out of the check.
 * @param values as given to `checked`
 * @param passed as `checked` gave it
 */
export function afterCheck<T extends object>(values: T, passed: pulumi.Output<pulumi.Unwrap<T>>): Checked<T> {
  const each = Object.entries(values).map(([key, value]) => [
    key,
    isPlain(value)
      ? pulumi.output(value)
      : (passed as pulumi.Output<Record<string, unknown>>).apply((known) => known[key]),
  ]);
  return Object.fromEntries(each) as Checked<T>;
}
