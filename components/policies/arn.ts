/** `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`, in its parts; the resource may hold further colons. */
export interface Arn {
  /** `aws`, `aws-cn`, `aws-us-gov`, … */
  partition: string;
  service: string;
  /** Empty for what belongs to no region, such as buckets and roles. */
  region: string;
  /** Twelve digits; empty for buckets. */
  account: string;
  resource: string;
}

/** Where resources of one account and region are. */
export type AwsPlace = Pick<Arn, 'partition' | 'region' | 'account'>;

const SHAPE = /^arn:(aws[a-z-]*):([a-z0-9-]+):([a-z0-9-]*):(\d{12}|):([^\s]+)$/;

/** Undefined when it is no ARN. */
export function readArn(arn: string): Arn | undefined {
  const match = SHAPE.exec(arn);
  if (match === null) return undefined;
  const [, partition, service, region, account, resource] = match as unknown as string[];
  return { partition: partition!, service: service!, region: region!, account: account!, resource: resource! };
}

/** @throws Error naming the text: callers check what people wrote before (problems.ts) */
export function parseArn(arn: string): Arn {
  const parsed = readArn(arn);
  if (parsed === undefined) throw new Error(`${arn} is not an ARN`);
  return parsed;
}

/**
 * The name by which KMS knows that a service used a key (`kms:ViaService`). In China the service's domain is another one; which
 * of the two KMS tells there is not documented, so both are taken.
 */
export function viaService(service: string, { partition, region }: AwsPlace): string[] {
  const name = `${service}.${region}.amazonaws.com`;
  return partition === 'aws-cn' ? [name, `${name}.cn`] : [name];
}
