import type * as pulumi from '@pulumi/pulumi';
import type { ArgumentProblem } from './refuse.ts';

/**
 * VPC endpoints, so that a task in subnets without a NAT gateway reaches AWS. S3's is a gateway and costs nothing; each of the others
 * costs about 0.01 USD an hour in each zone (7 USD a month), and 0.01 USD a GB. They answer for the whole VPC.
 */
export interface EndpointsArgs {
  /**
   * Services for which an endpoint is made: `s3`, `ecr.api`, `ecr.dkr`, `logs`, `secretsmanager`, `ssm`, `sts`, `ecs`, `sqs`,
   * `lambda`, `kms`, `monitoring`. A task needs the first four, `secretsmanager` or `ssm` where its secrets are there, and `lambda` to
   * restore event source mappings. With IAM nothing more is needed: tokens are signed without a request. Default: none.
   */
  services?: string[];
  /** Route tables of the subnets, which then send what goes to S3 through its gateway. Needed where `services` has `s3`. */
  routeTableIds?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Endpoints that are there already, by service: the component makes none for these, and changes nothing in them. Their security
   * groups have to let the task in on 443. Example: `{ "s3": "vpce-0a1b2c3d", "logs": "vpce-4e5f6a7b" }`.
   */
  existing?: Record<string, pulumi.Input<string>>;
}

export const ENDPOINT_SERVICES = [
  's3',
  'ecr.api',
  'ecr.dkr',
  'logs',
  'secretsmanager',
  'ssm',
  'sts',
  'ecs',
  'sqs',
  'lambda',
  'kms',
  'monitoring',
];

export function endpointsProblems(
  endpoints: pulumi.Unwrap<EndpointsArgs>,
  propertyPath = 'network.endpoints',
): ArgumentProblem[] {
  const at = (key: string, reason: string) => ({ propertyPath: `${propertyPath}.${key}`, reason });
  const { services = [], routeTableIds = [], existing = {} } = endpoints;
  const unknown = (key: string, service: string) =>
    ENDPOINT_SERVICES.includes(service)
      ? []
      : [at(key, `names no service for which there is an endpoint here (${service}): ${ENDPOINT_SERVICES.join(', ')}`)];
  return [
    ...services.flatMap((service, i) => unknown(`services[${i}]`, service)),
    ...services.flatMap((service, i) =>
      services.indexOf(service) < i ? [at(`services[${i}]`, `is there twice: ${service}`)] : [],
    ),
    ...(services.includes('s3') && existing.s3 === undefined && routeTableIds.length === 0
      ? [at('routeTableIds', "names no route table: S3's endpoint needs those of the subnets")]
      : []),
    ...Object.entries(existing).flatMap(([service, id]) => [
      ...unknown(`existing.${service}`, service),
      ...(id.startsWith('vpce-') ? [] : [at(`existing.${service}`, `is not the id of an endpoint, vpce-…: ${id}`)]),
    ]),
  ];
}
