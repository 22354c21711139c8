import type * as pulumi from '@pulumi/pulumi';
import { readArn } from '../policies/arn.ts';
import type { ArgumentProblem } from './refuse.ts';

/** The image of the runtime, from this package's Dockerfile. `RuntimeImage` builds and pushes it, and has it as an output. */
export interface ImageArgs {
  /**
   * The image by its digest, so that what runs is what was tested, whatever happens to a tag. In the region of the task, so that it
   * needs no other. Example: `123456789012.dkr.ecr.us-west-2.amazonaws.com/msk-backup@sha256:…`.
   */
  uri: pulumi.Input<string>;
  /** Its ECR repository, which the execution role may then pull from. Default: from the URI when it is ECR's; else none is needed. */
  repositoryArn?: pulumi.Input<string>;
}

export type Image = pulumi.Unwrap<ImageArgs>;

export function imageProblems(image: Image | undefined, propertyPath = 'image'): ArgumentProblem[] {
  const at = (key: keyof Image, reason: string) => ({ propertyPath: `${propertyPath}.${key}`, reason });
  if (image === undefined || image === null || !image.uri) {
    return [at('uri', 'is missing: name the image by its digest, or make one with RuntimeImage')];
  }
  const problems: ArgumentProblem[] = [];
  if (!/^[^\s@]+@sha256:[0-9a-f]{64}$/.test(image.uri)) {
    problems.push(at('uri', `is not pinned to a digest (NAME@sha256:… with 64 hexadecimal digits): ${image.uri}`));
  }
  if (image.repositoryArn !== undefined) {
    const { service, resource } = readArn(image.repositoryArn) ?? {};
    if (service !== 'ecr' || !resource?.startsWith('repository/')) {
      problems.push(at('repositoryArn', `is not the ARN of an ECR repository: ${image.repositoryArn}`));
    }
  }
  return problems;
}

/** Undefined for an image that is not in ECR. */
export function repositoryOf({ uri, repositoryArn }: Image, partition: string): string | undefined {
  if (repositoryArn !== undefined) return repositoryArn;
  const match = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws|on)\.[^/]+\/([^@:]+)/.exec(uri);
  return match === null ? undefined : `arn:${partition}:ecr:${match[2]}:${match[1]}:repository/${match[3]}`;
}
