/** How Lambda names what its event source mappings read, and the mappings; apart from the schema, which takes long to load. */

export const CLUSTER_ARN_PROBLEM = 'must be the ARN of an MSK cluster: arn:aws:kafka:REGION:ACCOUNT:cluster/NAME/ID';

export const MAPPING_UUID_PROBLEM = 'must be the UUID of an event source mapping';

/** Of a cluster, or of a VPC connection to one of another account. */
export function isClusterArn(text: string): boolean {
  return /^arn:aws[a-z-]*:kafka:[a-z0-9-]+:\d{12}:(cluster|vpc-connection)\/\S+$/.test(text);
}

export function isMappingUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
