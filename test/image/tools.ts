import { spawnSync } from 'node:child_process';

/**
 * What compiles the native part of Lambda's runtime interface client. Nothing of this comes from npm's, Maven's or Python's
 * registry: a machine has it, or these tests are left out, which the output says.
 */
const COMPILERS = ['cmake', 'make', 'c++'];

/** Whether the image's target `lambda` can be made here. Says what is missing. */
export function canCompile(): boolean {
  const missing = COMPILERS.filter((tool) => spawnSync('which', [tool]).status !== 0);
  if (missing.length > 0)
    process.stderr.write(`left out, for want of ${missing.join(', ')}: tests of the Lambda image\n`);
  return missing.length === 0;
}

/** Whether a process of this user may have a view of its own of the file system. */
export function canMount(): boolean {
  const may = spawnSync('unshare', ['-rm', 'true']).status === 0;
  if (!may) process.stderr.write('left out, since unshare -rm is not allowed: tests of the Lambda layer at /opt\n');
  return may;
}
