import { readArn } from './arn.ts';
import { literalResource, patternResource } from './pattern.ts';

/** What MSK's IAM access control calls the parts of a cluster. */
export interface ClusterResources {
  cluster: string;
  /** @param patterns as in the configuration: `*` and `?` */
  topics(patterns: readonly string[]): string[];
  groups(patterns: readonly string[]): string[];
  /** Transactional ids that begin so. */
  transactionalIds(prefix: string): string[];
}

/** `cluster/NAME/UUID`; the UUID ends in `-N`, of Serverless clusters in `-sN`. */
const CLUSTER = /^cluster\/([A-Za-z0-9-]{1,64})\/([A-Za-z0-9-]+)$/;

export function isClusterArn(arn: string): boolean {
  const parsed = readArn(arn);
  return parsed?.service === 'kafka' && parsed.region !== '' && parsed.account !== '' && CLUSTER.test(parsed.resource);
}

/**
 * ARNs in a cluster, all in the cluster's partition, region and account:
 *
 *     arn:P:kafka:R:A:cluster/NAME/UUID
 *     arn:P:kafka:R:A:topic/NAME/UUID/TOPIC
 *     arn:P:kafka:R:A:group/NAME/UUID/GROUP
 *     arn:P:kafka:R:A:transactional-id/NAME/UUID/ID
 *
 * (Amazon MSK developer guide, "Semantics of IAM authorization policy actions and resources")
 * @throws Error for an ARN of something else: without name and UUID the policy would hold for every cluster of that name
 */
export function clusterResources(clusterArn: string): ClusterResources {
  if (!isClusterArn(clusterArn)) throw new Error(`${clusterArn} is not the ARN of an MSK cluster`);
  const inCluster = (type: string) => clusterArn.replace(':cluster/', `:${type}/`);
  const each = (type: string) => (patterns: readonly string[]) =>
    patterns.map((pattern) => `${inCluster(type)}/${patternResource(pattern)}`);
  return {
    cluster: clusterArn,
    topics: each('topic'),
    groups: each('group'),
    transactionalIds: (prefix) => [`${inCluster('transactional-id')}/${literalResource(prefix)}*`],
  };
}
