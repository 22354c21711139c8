import * as pulumi from '@pulumi/pulumi';
import type { ArgumentProblem } from '../arguments/refuse.ts';

/** The program of a function: an image, or a layer. Exactly one of the two. */
export interface LambdaCodeArgs {
  /**
   * Image of the Dockerfile's stage `lambda`, by its digest, in an ECR repository of the function's region. Example:
   * `123456789012.dkr.ecr.us-west-2.amazonaws.com/msk-backup@sha256:…`.
   */
  imageUri?: pulumi.Input<string>;
  /** Version of the layer that `npm run layer` makes. Example: `arn:aws:lambda:us-west-2:123456789012:layer:msk-backup:3`. */
  layerArn?: pulumi.Input<string>;
  /** `arm64` or `x86_64`, as the image or the layer is. arm64 costs a fifth less. Default: `arm64`. */
  architecture?: pulumi.Input<string>;
}

/** Lambda's: the layer needs zstd of Node.js, which 24 has. */
const RUNTIME = 'nodejs24.x';
/** Where the layer has the runtime. */
const IN_LAYER = '/opt/nodejs/node_modules/msk-backup-runtime/dist/lambda';
/** Where the image has it. */
const IN_IMAGE = 'runtime/dist/lambda';

export function codeProblems(code: pulumi.Unwrap<LambdaCodeArgs> | undefined, propertyPath: string): ArgumentProblem[] {
  const { imageUri, layerArn, architecture } = code ?? {};
  const problems: ArgumentProblem[] = [];
  if ((imageUri === undefined) === (layerArn === undefined)) {
    problems.push({ propertyPath, reason: 'needs imageUri or layerArn, and not both' });
  }
  if (imageUri !== undefined && !/^[^\s@]+\.dkr\.ecr\.[^\s@]+@sha256:[0-9a-f]{64}$/.test(imageUri)) {
    const reason = `is no image of ECR pinned to a digest (NAME@sha256:…): ${imageUri}`;
    problems.push({ propertyPath: `${propertyPath}.imageUri`, reason });
  }
  if (layerArn !== undefined && !/^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:layer:[A-Za-z0-9_-]+:\d+$/.test(layerArn)) {
    const reason = `is not the ARN of a layer with its version (arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION): ${layerArn}`;
    problems.push({ propertyPath: `${propertyPath}.layerArn`, reason });
  }
  if (architecture !== undefined && architecture !== 'arm64' && architecture !== 'x86_64') {
    problems.push({
      propertyPath: `${propertyPath}.architecture`,
      reason: `is neither arm64 nor x86_64: ${architecture}`,
    });
  }
  return problems;
}

/**
 * A function's arguments that say what runs.
 * @param handler name of the module in the runtime's folder `lambda`
 */
export function codeArguments(code: LambdaCodeArgs, handler: string) {
  const architectures = [pulumi.output(code.architecture).apply((it) => it ?? 'arm64')];
  if (code.imageUri !== undefined) {
    return {
      packageType: 'Image',
      imageUri: code.imageUri,
      imageConfig: { commands: [`${IN_IMAGE}/${handler}.handler`] },
      architectures,
    };
  }
  const program = `export { handler } from '${IN_LAYER}/${handler}.js';\n`;
  return {
    packageType: 'Zip',
    runtime: RUNTIME,
    handler: 'index.handler',
    layers: [code.layerArn!],
    code: new pulumi.asset.AssetArchive({ 'index.mjs': new pulumi.asset.StringAsset(program) }),
    architectures,
  };
}
