import * as pulumi from '@pulumi/pulumi';

/** One thing that is wrong with an argument. */
export interface ArgumentProblem {
  /** As in `network.subnetIds[0]`. */
  propertyPath: string;
  /** One line: what is wrong and what to do. It goes on where the path ends. */
  reason: string;
}

/**
 * All problems of a component in one error. Its message has every one of them, too: a TypeScript program prints nothing else.
 * @param component the class: `BackupTask`
 * @param name of the component
 * @throws pulumi.InputPropertiesError when there are any problems
 */
export function refuse(component: string, name: string, problems: readonly ArgumentProblem[]): void {
  if (problems.length === 0) return;
  const lines = problems.map(({ propertyPath, reason }) => `- ${propertyPath}: ${reason}`);
  throw new pulumi.InputPropertiesError({
    message: [`${component} "${name}" cannot be made:`, ...lines].join('\n'),
    errors: problems.map(({ propertyPath, reason }) => ({ propertyPath, reason })),
  });
}
