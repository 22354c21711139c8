/** Functions. */

import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteFunctionCommand,
  GetFunctionCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { drifted, type Kind, unlessMissing } from '../kind.ts';
import { type Properties, same, upper } from '../values.ts';

function configuration(inputs: Properties) {
  const { name, role, timeout, memorySize, description, environment, vpcConfig, deadLetterConfig, loggingConfig } =
    inputs;
  return {
    FunctionName: name as string,
    Role: role as string,
    Timeout: timeout as number | undefined,
    MemorySize: memorySize as number | undefined,
    Description: description as string | undefined,
    ...(environment && { Environment: { Variables: environment.variables } }),
    ...(vpcConfig && { VpcConfig: upper(vpcConfig) as object }),
    ...(deadLetterConfig && { DeadLetterConfig: upper(deadLetterConfig) as object }),
    ...(loggingConfig && { LoggingConfig: upper(loggingConfig) as object }),
  };
}

const lambdaFunction: Kind = {
  named: { property: 'name', length: 64 },
  // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_function
  replaces: ['name', 'packageType'],
  async create(inputs, at) {
    const { packageType, imageUri, architectures, tags, imageConfig } = inputs;
    if (packageType !== 'Image') throw new Error('the stand-in makes functions of images only');
    const call: CreateFunctionCommandInput = {
      ...configuration(inputs),
      PackageType: 'Image',
      Code: { ImageUri: imageUri },
      Architectures: architectures,
      Tags: tags,
      ...(imageConfig && {
        ImageConfig: {
          Command: imageConfig.commands,
          EntryPoint: imageConfig.entryPoints,
          WorkingDirectory: imageConfig.workingDirectory,
        },
      }),
    };
    await at.client(LambdaClient).send(new CreateFunctionCommand(call));
    return inputs.name;
  },
  async read(id, inputs, at) {
    const call = at.client(LambdaClient).send(new GetFunctionCommand({ FunctionName: id }));
    const seen = (await unlessMissing(call))?.Configuration;
    if (!seen) return undefined;
    const now = { timeout: seen.Timeout, memorySize: seen.MemorySize, role: seen.Role };
    return { inputs: drifted(inputs, now, (a, b) => !same(a, b)), outputs: { arn: seen.FunctionArn } };
  },
  async update(_id, inputs, at) {
    await at.client(LambdaClient).send(new UpdateFunctionConfigurationCommand(configuration(inputs)));
  },
  async remove(id, _inputs, at) {
    await at.client(LambdaClient).send(new DeleteFunctionCommand({ FunctionName: id }));
  },
};

export const lambda: Record<string, Kind> = { 'aws:lambda/function:Function': lambdaFunction };
