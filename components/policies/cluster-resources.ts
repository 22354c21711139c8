import { type AwsPlace, readArn } from './arn.ts';
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
/** The same, or any UUID: `clustersNamed`. */
const CLUSTERS = /^cluster\/([A-Za-z0-9-]{1,64})\/(\*|[A-Za-z0-9-]+)$/;

export function isClusterArn(arn: string): boolean {
  const parsed = readArn(arn);
  return parsed?.service === 'kafka' && parsed.region !== '' && parsed.account !== '' && CLUSTER.test(parsed.resource);
}

export function isClusterName(name: string): boolean {
  return /^[A-Za-z0-9-]{1,64}$/.test(name);
}

/**
 * In place of a cluster's ARN, for one that is made later: every cluster of this name in the account and region. There is one at a
 * time; its UUID is AWS's.
 */
export function clustersNamed({ partition, region, account }: AwsPlace, name: string): string {
  if (!isClusterName(name)) throw new Error(`${name} is not the name of an MSK cluster`);
  return `arn:${partition}:kafka:${region}:${account}:cluster/${name}/*`;
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
 * @param clusterArn or what `clustersNamed` gives
 * @throws Error for an ARN of something else
 */
export function clusterResources(clusterArn: string): ClusterResources {
  if (!CLUSTERS.test(readArn(clusterArn)?.resource ?? ''))
    throw new Error(`${clusterArn} is not the ARN of an MSK cluster`);
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
