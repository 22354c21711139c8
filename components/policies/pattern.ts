/**
 * The patterns of the runtime's configuration (runtime/src/config/topic-patterns.ts) as resources of policies. `*` and `?` mean
 * the same in both, but IAM also reads `${…}` as a variable.
 */
export function patternResource(pattern: string): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's spelling of a dollar sign
  return pattern.replaceAll('${', '${$}{');
}

/** A name that stands for itself, whatever characters it has. */
export function literalResource(name: string): string {
  return name.replace(/[*?$]/g, (character) => `\${${character}}`);
}

/** Each pattern once and in a fixed order, so that a list in another order is no change; a lone `*` says all. */
export function sortedPatterns(patterns: readonly string[]): string[] {
  return patterns.includes('*') ? ['*'] : [...new Set(patterns)].sort();
}
