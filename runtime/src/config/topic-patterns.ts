/**
 * Patterns for the names of topics and consumer groups, as in the peer: `*` stands for any characters, `?` for one, the
 * whole name has to match, upper and lower case differ. There are no classes, braces or escapes. Where the configuration
 * allows it (`target.topics`), `~` begins a regular expression, which is searched for anywhere in the name.
 */
import type { TopicSelection } from './job.ts';

/** True when the pattern can only match the name that it spells. */
export function isLiteral(pattern: string): boolean {
  return !pattern.startsWith('~') && !/[*?]/.test(pattern);
}

/**
 * An empty include means all; exclude wins.
 * @param options.regexAllowed whether `~` begins a regular expression. Default false: it is a character like others
 */
export function matchesSelection(
  name: string,
  selection: TopicSelection,
  options: { regexAllowed?: boolean } = {},
): boolean {
  const included = selection.include.length === 0 || matchesAnyPattern(name, selection.include, options);
  return included && !matchesAnyPattern(name, selection.exclude, options);
}

/** True when one of the patterns matches; false when there are none. Group ids go here. */
export function matchesAnyPattern(
  name: string,
  patterns: readonly string[],
  options: { regexAllowed?: boolean } = {},
): boolean {
  return patterns.some((pattern) =>
    options.regexAllowed && pattern.startsWith('~')
      ? regularExpression(pattern).test(name)
      : matchesGlob(name, pattern),
  );
}

const compiled = new Map<string, RegExp>();

/**
 * The expression after the `~`, compiled once: a restore asks for each of thousands of names.
 * @throws SyntaxError when it is none; the configuration is refused before anyone matches with it
 */
export function regularExpression(pattern: string): RegExp {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    expression = new RegExp(pattern.slice(1), 'u');
    compiled.set(pattern, expression);
  }
  return expression;
}

/** Walks both once and goes back to the last `*` only: no pattern takes more than name × pattern steps. */
function matchesGlob(name: string, pattern: string): boolean {
  let n = 0;
  let p = 0;
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p++;
      n++;
    } else if (star >= 0) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
