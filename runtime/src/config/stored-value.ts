import type { StoredValue } from './job.ts';

/** `arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME[:JSON-KEY[:VERSION-STAGE[:VERSION-ID]]]`, as ECS writes it. */
const SECRET =
  /^(arn:[a-z-]+:secretsmanager:([a-z0-9-]+):\d{12}:secret:[^:\s]+)(?::([^:]*))?(?::([^:]*))?(?::([^:]*))?$/;
/** `arn:PARTITION:ssm:REGION:ACCOUNT:parameter/NAME`; a hierarchy has more slashes. */
const PARAMETER = /^arn:[a-z-]+:ssm:([a-z0-9-]+):\d{12}:parameter\/[^:\s]+$/;

/** True for what can only be meant as the name of a value that is kept in AWS. */
export function isArn(text: string): boolean {
  return text.startsWith('arn:');
}

/** Undefined for an ARN of something else, or one that is not whole. */
export function parseStoredValue(arn: string): StoredValue | undefined {
  const secret = SECRET.exec(arn);
  if (secret !== null) {
    const [, id, region, jsonKey, versionStage, versionId] = secret;
    return {
      service: 'secretsmanager',
      arn,
      id: id as string,
      region: region as string,
      ...(jsonKey && { jsonKey }),
      ...(versionStage && { versionStage }),
      ...(versionId && { versionId }),
    };
  }
  const region = PARAMETER.exec(arn)?.[1];
  return region === undefined ? undefined : { service: 'ssm', arn, id: arn, region };
}
