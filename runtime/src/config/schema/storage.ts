import { z } from 'zod';
import { parseS3Url, type S3Location } from '../location-url.ts';
import { endpointUrl, flag, integer, secret, text } from './values.ts';

/** S3 storage classes from which packs can be read at once. */
const STORAGE_CLASSES = ['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR'] as const;
/** Those from which they have to be restored first. */
export const COLD_STORAGE_CLASSES = ['GLACIER', 'DEEP_ARCHIVE'] as const;

const prefix = z.string().refine((value) => !value.split('/').some((part) => part === '.' || part === '..'), {
  error: 'must not have . or .. between its slashes',
});

const storageSectionSchema = z
  .strictObject({
    backend: z.enum(['s3', 'filesystem']),
    bucket: z
      .string()
      .regex(/^[A-Za-z0-9][\w.:-]*$/, { error: 'must be the name of a bucket, without s3:// or slashes' }),
    prefix,
    region: z.string().regex(/^[a-z0-9-]+$/, { error: 'must be the name of a region such as eu-west-1' }),
    endpoint: endpointUrl(),
    access_key: secret(),
    access_key_id: secret(),
    secret_key: secret(),
    secret_access_key: secret(),
    path_style: flag(),
    allow_http: flag(),
    class: z.enum([...STORAGE_CLASSES, ...COLD_STORAGE_CLASSES]),
    sse_kms_key_id: text(),
    kms_key_id: text(),
    max_concurrent_uploads: integer(1, 64),
    path: text(),
  })
  .partial();

/** A section, or in short `s3://bucket/prefix` (with `?region=` and so on), `file:///directory`, or a path. */
export const storageSchema = z.union([
  z.string().transform((url, context): z.output<typeof storageSectionSchema> => {
    if (/^(file:\/\/)?\.{0,2}\//.test(url)) return { backend: 'filesystem', path: url.replace(/^file:\/\//, '') };
    const location = parseS3Url(url);
    const message = 'problem' in location ? location.problem : problemOfParts(location);
    if ('problem' in location || message !== undefined) {
      context.addIssue({ code: 'custom', message: message ?? '' });
      return z.NEVER;
    }
    const { bucket, key, region, endpoint, pathStyle } = location;
    return { backend: 's3', bucket, prefix: key, region, endpoint, path_style: pathStyle };
  }),
  storageSectionSchema,
]);

function problemOfParts({ bucket, key, region }: S3Location) {
  const parsed = storageSectionSchema.safeParse({ bucket, prefix: key, region });
  return parsed.success
    ? undefined
    : parsed.error.issues.map(({ path, message }) => `${String(path[0])} ${message}`).join(', ');
}

export type StorageSection = z.output<typeof storageSchema>;
