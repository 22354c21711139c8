/** A function's ARN in its parts: `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`. */
export interface FunctionName {
  partition?: string;
  region?: string;
  account?: string;
  name: string;
  /** Version or alias. */
  qualifier?: string;
}

/** Takes every form that Lambda takes: `NAME`, `ACCOUNT:function:NAME`, the ARN, each with `:QUALIFIER` or without. */
export function parseFunctionName(text: string): FunctionName {
  const match =
    /^(?:(?:arn:(?<partition>aws[a-z-]*):lambda:(?<region>[a-z0-9-]+):)?(?<account>\d{12}):function:)?(?<name>[^:]+)(?::(?<qualifier>[^:]+))?$/.exec(
      text,
    );
  return { name: text, ...match?.groups };
}

/** Whether what a user gave names the function that a mapping invokes. What is left out fits everything. */
export function namesFunction(given: string, functionArn: string): boolean {
  const wanted = parseFunctionName(given);
  const actual = parseFunctionName(functionArn);
  return (['name', 'qualifier', 'region', 'account'] as const).every(
    (part) => wanted[part] === undefined || wanted[part] === actual[part],
  );
}

/** `NAME` or `NAME:QUALIFIER`, for people. */
export function shortName(functionArn: string): string {
  const { name, qualifier } = parseFunctionName(functionArn);
  return qualifier === undefined ? name : `${name}:${qualifier}`;
}

/** The region in an ARN; undefined where there is none. */
export function regionOfArn(arn: string | undefined): string | undefined {
  return (arn?.startsWith('arn:') && arn.split(':')[3]) || undefined;
}

/** MSK clusters, and the VPC connections to those of other accounts. */
export function isMskArn(arn: string | undefined): boolean {
  return arn !== undefined && /^arn:[^:]+:kafka:/.test(arn);
}

/** `NAME` of `…:cluster/NAME/ID`, and of `…:vpc-connection/ACCOUNT/NAME/ID`, for people. */
export function clusterName(clusterArn: string): string {
  return clusterArn.split('/').at(-2) ?? clusterArn;
}
