/**
 * `s3://bucket/key?region=eu-west-1&endpoint=https://…&path_style=true`: where an archive or a configuration is. The key
 * may be percent-encoded, as in any URL.
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
  const key = decoded(match[2] ?? '');
  if (key === undefined) return { problem: 'has a % that begins no escaped character: write it as %25' };
  const location: S3Location = { bucket: match[1], key: key.replace(/^\/+|\/+$/g, '') };
  for (const [name, value] of new URLSearchParams(match[3])) {
    if (value === '' || name === 'allow_http') continue;
    if (name === 'region') location.region = value;
    else if (name === 'endpoint' && isEndpoint(value)) location.endpoint = value;
    else if (name === 'endpoint') return { problem: `endpoint ${ENDPOINT_PROBLEM}` };
    else if (name === 'path_style' && /^(true|false)$/.test(value)) location.pathStyle = value === 'true';
    else return { problem: 'takes ?region=, &endpoint= and &path_style=true or false, and nothing else' };
  }
  return location;
}

export const ENDPOINT_PROBLEM =
  'must be an http or https URL without a user in it, such as https://s3.example.com:9000';

/** Without user and password, which would be shown with it. */
export function isEndpoint(text: string): boolean {
  const url = URL.parse(text);
  return /^https?:$/.test(url?.protocol ?? '') && url?.username === '' && url.password === '';
}

function decoded(key: string): string | undefined {
  try {
    return decodeURIComponent(key);
  } catch {
    return undefined;
  }
}
