import * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';
import type { ArchiveLocation } from '../arguments/archive-location.ts';
import { type Authentication, SECRETS } from '../arguments/authentication.ts';
import type { Compute } from '../arguments/compute.ts';
import { type Image, repositoryOf } from '../arguments/image.ts';
import { type ArgumentProblem, refuse } from '../arguments/refuse.ts';
import { type AwsPlace, readArn } from '../policies/arn.ts';

/** Arguments that name something of a region. */
export interface RegionalValues {
  clusterArn?: string | undefined;
  archive?: ArchiveLocation | undefined;
  authentication?: Authentication | undefined;
  compute?: Compute | undefined;
  image?: Image | undefined;
}

type ProblemsIn<T> = (values: T, region: string) => ArgumentProblem[];

/** What can only work in the region where it is made. What is no ARN has been told before. */
export function unreachable({ clusterArn, compute }: RegionalValues, region: string): ArgumentProblem[] {
  return elsewhere(region, 'and the provider', [
    ['clusterArn', regionOf(clusterArn)],
    ['compute.ecsClusterArn', regionOf(compute?.ecsClusterArn)],
    ['compute.logKeyArn', regionOf(compute?.logKeyArn)],
  ]);
}

/** What would work today, and not on the day when the other region is lost. */
export function dependsOnOther(values: RegionalValues, region: string): ArgumentProblem[] {
  const { clusterArn, archive, authentication, compute, image } = values;
  return elsewhere(region, 'and the task would run', [
    ['clusterArn', regionOf(clusterArn)],
    ['archive.region', archive?.region],
    ['archive.keyArn', regionOf(archive?.keyArn)],
    ...SECRETS.map((key) => [`authentication.${key}`, regionOf(authentication?.[key])] as const),
    ...(authentication?.secretKeyArns ?? []).map(
      (arn, i) => [`authentication.secretKeyArns[${i}]`, regionOf(arn)] as const,
    ),
    ['compute.ecsClusterArn', regionOf(compute?.ecsClusterArn)],
    ['compute.logKeyArn', regionOf(compute?.logKeyArn)],
    ['image.uri', image && regionOf(repositoryOf({ uri: image.uri }, 'aws'))],
    ['image.repositoryArn', regionOf(image?.repositoryArn)],
  ]);
}

/**
 * The arguments, once it is known that they fit the region that they are used in. A preview knows that, and makes nothing.
 * @param passed as `checked` gave it
 */
export function inRegion<T>(
  component: string,
  name: string,
  passed: pulumi.Output<T>,
  home: pulumi.Output<Pick<AwsPlace, 'region'>>,
  problems: ProblemsIn<T>,
): pulumi.Output<T> {
  return home.apply(({ region }) =>
    passed.apply((values) => {
      refuse(component, name, problems(values, region));
      return values;
    }),
  ) as pulumi.Output<T>;
}

/** The cluster, once it is known to be in the provider's region. */
export function clusterHere(
  component: string,
  name: string,
  parent: pulumi.Resource,
  clusterArn: pulumi.Output<string>,
): pulumi.Output<string> {
  const home = aws.getRegionOutput({}, { parent });
  const values = clusterArn.apply((arn) => ({ clusterArn: arn }));
  return inRegion(component, name, values, home, unreachable).apply((checked) => checked.clusterArn);
}

function elsewhere(
  region: string,
  what: string,
  named: (readonly [propertyPath: string, region: string | undefined])[],
): ArgumentProblem[] {
  return named.flatMap(([propertyPath, there]) =>
    there === undefined || there === '' || there === region
      ? []
      : [{ propertyPath, reason: `is in ${there}, ${what} in ${region}` }],
  );
}

function regionOf(arn: string | undefined): string | undefined {
  return arn === undefined ? undefined : readArn(arn)?.region;
}
