/** Letters, digits, underscores and hyphens, 255 at most (Amazon ECS API reference, RegisterTaskDefinition). */
const LONGEST = 255;

/**
 * The family of a task definition. Families are found by their names alone, in an account and region: that of another project's or
 * stack's component, or of another kind with the same name, must not be this one. Names of projects and stacks may have dots.
 * @param kind `backup`, `restore`, `drill`
 */
export function familyOf(project: string, stack: string, name: string, kind: string): string {
  // From the end, which tells components of one stack apart.
  return `${project}-${stack}-${name}-${kind}`.replace(/[^A-Za-z0-9_-]/g, '-').slice(-LONGEST);
}
