import { changeMappings } from '../esm-change.ts';
import type { EsmChangeOptions } from '../esm-commands.ts';
import type { Run } from '../run.ts';

/** `esm resume`. */
export function execute(run: Run<EsmChangeOptions>): Promise<number> {
  return changeMappings('resume', run);
}
