import type { types } from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';
import { trimmedPrefix } from '../policies/archive-place.ts';
import type { PolicyProblem } from '../policies/problems.ts';

/** What of an archive becomes cheaper or goes away by itself. The same for the bucket and its replica. */
export interface LifecycleArgs {
  /**
   * Storage class that packs, the bulk of an archive, move to: `STANDARD` (they stay), `INTELLIGENT_TIERING`, `STANDARD_IA` or
   * `GLACIER_IR`. All can be read at once; restores from the latter two cost more for each GB. Indexes and snapshots stay.
   * @default 'STANDARD'
   */
  packStorageClass?: pulumi.Input<string>;
  /**
   * Days after which packs move there; at least 30 for `STANDARD_IA`.
   * @default 30 for `STANDARD_IA`, else 0
   */
  packTransitionDays?: pulumi.Input<number>;
  /**
   * Days for which a deleted object can be brought back: the age at which its old version goes away, 1 to 36500. It is paid for
   * until then.
   * @default 30
   */
  oldVersionDays?: pulumi.Input<number>;
}

export interface LifecycleValues {
  packStorageClass?: string;
  packTransitionDays?: number;
  oldVersionDays?: number;
}

export type LifecycleRule = types.input.s3.BucketLifecycleConfigurationRule;

/** What can be read without being restored first, and lies in more than one zone. */
const PACK_CLASSES = ['STANDARD', 'INTELLIGENT_TIERING', 'STANDARD_IA', 'GLACIER_IR'];
/** Parts of a run that died. A run that lives ends its uploads within minutes. */
const UNFINISHED_UPLOAD_DAYS = 7;

/**
 * No current version ever expires: what an archive needs is for its snapshots to say, not for a clock.
 * @param scopes what the rules may touch: `['']` for a bucket that is ours as a whole, else the prefixes that are
 */
export function lifecycleRules(values: LifecycleValues, prefix: string, scopes: readonly string[]): LifecycleRule[] {
  const { packStorageClass = 'STANDARD', oldVersionDays = 30 } = values;
  const { packTransitionDays = packStorageClass === 'STANDARD_IA' ? 30 : 0 } = values;
  return [
    ...scopes.map((scope) => ({
      id: scope === '' ? 'old-versions' : `old-versions-${trimmedPrefix(scope)}`,
      status: 'Enabled',
      filter: below(scope),
      noncurrentVersionExpiration: { noncurrentDays: oldVersionDays },
      // The marker that a delete has left, when no version is behind it any more.
      expiration: { expiredObjectDeleteMarker: true },
      abortIncompleteMultipartUpload: { daysAfterInitiation: UNFINISHED_UPLOAD_DAYS },
    })),
    ...(packStorageClass === 'STANDARD'
      ? []
      : [
          {
            id: `packs${trimmedPrefix(prefix) === '' ? '' : `-${trimmedPrefix(prefix)}`}`,
            status: 'Enabled',
            filter: below(`${prefix}/packs`),
            transitions: [{ days: packTransitionDays, storageClass: packStorageClass }],
          },
        ]),
  ];
}

/** A filter of S3: everything below a prefix, or everything. */
export function below(prefix: string): { prefix?: string } {
  const trimmed = trimmedPrefix(prefix);
  return trimmed === '' ? {} : { prefix: `${trimmed}/` };
}

export function lifecycleProblems(values: LifecycleValues): PolicyProblem[] {
  const { packStorageClass, packTransitionDays, oldVersionDays } = values;
  const problems: PolicyProblem[] = [];
  const say = (propertyPath: string, reason: string) => problems.push({ propertyPath, reason });
  if (packStorageClass !== undefined && !PACK_CLASSES.includes(packStorageClass))
    say('packStorageClass', `is ${PACK_CLASSES.join(', ')}, not ${packStorageClass}${whyNot(packStorageClass)}`);
  if (packTransitionDays !== undefined) {
    const least = packStorageClass === 'STANDARD_IA' ? 30 : 0;
    if (!(Number.isInteger(packTransitionDays) && packTransitionDays >= least))
      say('packTransitionDays', `is a whole number of at least ${least}, not ${packTransitionDays}`);
  }
  if (
    oldVersionDays !== undefined &&
    !(Number.isInteger(oldVersionDays) && oldVersionDays >= 1 && oldVersionDays <= 36_500)
  )
    say('oldVersionDays', `is a whole number from 1 to 36500, not ${oldVersionDays}`);
  return problems;
}

function whyNot(storageClass: string): string {
  if (storageClass === 'ONEZONE_IA') return ', which is lost with its zone';
  return ['GLACIER', 'DEEP_ARCHIVE'].includes(storageClass) ? ', from which objects take hours to come back' : '';
}
