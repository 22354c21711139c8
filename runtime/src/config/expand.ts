/**
 * `${NAME}` is the environment variable, an error when it is not set; `${NAME:-default}` takes the default when the
 * variable is not set or empty; `$${` stands for `${`. Everything else that has a `$` is text. What comes in is never
 * looked at again: a value cannot become a list, another key, or another reference.
 */
export type Expansion = { value: string; expanded: boolean } | { problem: string };

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Problems name the variable and never show any other part of the text, which may be a secret. */
export function expand(text: string, lookup: (name: string) => string | undefined): Expansion {
  let value = '';
  let expanded = false;
  let position = 0;
  while (true) {
    const start = text.indexOf('${', position);
    if (start < 0) return { value: value + text.slice(position), expanded };
    if (text[start - 1] === '$' && start > position) {
      value += `${text.slice(position, start - 1)}\${`;
      position = start + 2;
      continue;
    }
    const end = text.indexOf('}', start);
    if (end < 0) return { problem: `a \${ has no closing } (write $\${ for the two characters themselves)` };
    const reference = text.slice(start + 2, end);
    const mark = reference.indexOf(':-');
    const name = mark < 0 ? reference : reference.slice(0, mark);
    const fallback = mark < 0 ? undefined : reference.slice(mark + 2);
    if (!NAME.test(name) || fallback?.includes('${')) {
      return {
        problem: `only \${NAME} and \${NAME:-default} are understood (write $\${ for the two characters themselves)`,
      };
    }
    const found = lookup(name);
    const chosen = fallback === undefined ? found : found || fallback;
    if (chosen === undefined) {
      return { problem: `the environment variable ${name} is not set (\${${name}:-default} would give it a default)` };
    }
    value += text.slice(position, start) + chosen;
    expanded = true;
    position = end + 1;
  }
}

/** The environment, in which TIMESTAMP, when it is not set, is the UTC time of the start: `20261124T110501Z`. */
export function environment(env: NodeJS.ProcessEnv, now: Date): (name: string) => string | undefined {
  return (name) => env[name] ?? (name === 'TIMESTAMP' ? timestamp(now) : undefined);
}

/** `20261124T110501Z` */
export function timestamp(now: Date): string {
  return now
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
}
