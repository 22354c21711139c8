/** Whether a .dockerignore lets a path into the context: the last pattern that it, or a folder above it, matches decides. */
export function isIgnored(path: string, patterns: string): boolean {
  const parts = path.split('/');
  const above = parts.map((_, n) => parts.slice(0, n + 1).join('/'));
  let ignored = false;
  for (const line of patterns.split('\n').map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const exception = line.startsWith('!');
    const pattern = new RegExp(
      `^${(exception ? line.slice(1) : line).replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}$`,
    );
    if (above.some((folder) => pattern.test(folder))) ignored = !exception;
  }
  return ignored;
}
