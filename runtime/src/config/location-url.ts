/**
 * `s3://bucket/key?region=eu-west-1&endpoint=https://…&path_style=true`: where an archive or a configuration is.
 * Key and bucket are taken as they stand, without percent decoding.
 */
export interface S3Location {
  bucket: string;
  /** Without slashes at either end; may be empty. */
  key: string;
  region?: string;
  endpoint?: string;
  pathStyle?: boolean;
}

/** @returns what is wrong with it otherwise, without showing it: people put credentials into URLs */
export function parseS3Url(url: string): S3Location | { problem: string } {
  const match = /^s3:\/\/([^/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(url);
  if (!match?.[1]) return { problem: 'must be s3://bucket/prefix' };
  if (match[1].includes('@')) return { problem: 'must not hold credentials' };
  const location: S3Location = { bucket: match[1], key: (match[2] ?? '').replace(/^\/+|\/+$/g, '') };
  for (const [name, value] of new URLSearchParams(match[3])) {
    if (value === '' || name === 'allow_http') continue;
    if (name === 'region') location.region = value;
    else if (name === 'endpoint') location.endpoint = value;
    else if (name === 'path_style' && /^(true|false)$/.test(value)) location.pathStyle = value === 'true';
    else return { problem: 'takes ?region=, &endpoint= and &path_style=true or false, and nothing else' };
  }
  return location;
}
