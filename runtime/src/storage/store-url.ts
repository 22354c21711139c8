import { fileURLToPath } from 'node:url';
import type { StorageLocation } from '../config/job.ts';
import { MskBackupError } from '../errors.ts';

const DEFAULT_CONCURRENT_UPLOADS = 4;

/**
 * Reads where an archive lives from one argument of the command line:
 *
 *     s3://bucket/prefix?region=eu-west-1&endpoint=http://127.0.0.1:9000&path_style=true
 *     file:///var/backups      /var/backups      ../backups
 *
 * `path_style` is true by default where an endpoint is given, false otherwise. Credentials never stand in it: they come
 * from the default chain.
 * @throws MskBackupError `STORE_URL_INVALID` of kind `usage`
 */
export function parseStoreUrl(text: string): StorageLocation {
  if (text.startsWith('s3://')) return parseS3(text);
  if (text.startsWith('file:')) return { backend: 'filesystem', path: filePath(text), prefix: '' };
  if (text === '') throw invalid('the location of the archive is empty: give a path or s3://bucket/prefix');
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme !== undefined)
    throw invalid(`the location has the scheme ${scheme}://: s3://, file:// and paths are known`);
  return { backend: 'filesystem', path: text, prefix: '' };
}

function parseS3(text: string): StorageLocation {
  const match = /^s3:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(text);
  // The text is not repeated where it may hold a secret.
  if (match?.[1]?.includes('@'))
    throw invalid('the location holds credentials: leave them out, they come from AWS’s default chain');
  if (match === null || !/^[a-zA-Z0-9][a-zA-Z0-9._-]{1,254}$/.test(match[1]!))
    throw invalid(`${text}: expected s3://bucket/prefix with the name of a bucket`);
  const query = new URLSearchParams(match[3] ?? '');
  const location: StorageLocation = {
    backend: 's3',
    bucket: match[1]!,
    prefix: decode(text, match[2] ?? '').replace(/^\/+|\/+$/g, ''),
    pathStyle: query.has('endpoint'),
    maxConcurrentUploads: DEFAULT_CONCURRENT_UPLOADS,
  };
  for (const [name, value] of query) {
    if (name === 'region' && value !== '') location.region = value;
    else if (name === 'endpoint') location.endpoint = checkEndpoint(value);
    else if (name === 'path_style' && (value === 'true' || value === 'false')) location.pathStyle = value === 'true';
    else if (['region', 'path_style'].includes(name))
      throw invalid(`${text}: ${name} cannot be ${JSON.stringify(value)}`);
    else throw invalid(`the location has the parameter ${name}: known are region, endpoint and path_style`);
  }
  return location;
}

function checkEndpoint(value: string): string {
  const url = URL.parse(value);
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw invalid('the endpoint of the location is no http:// or https:// address');
  if (url.username !== '' || url.password !== '')
    throw invalid('the endpoint of the location holds credentials: leave them out, they come from AWS’s default chain');
  return value;
}

function decode(text: string, prefix: string): string {
  try {
    return decodeURIComponent(prefix);
  } catch {
    throw invalid(`${text}: the prefix has a % that begins no escaped character: write it as %25`);
  }
}

function filePath(text: string): string {
  try {
    return fileURLToPath(text);
  } catch {
    throw invalid(`${text}: expected file:///absolute/path`);
  }
}

function invalid(message: string): MskBackupError {
  return new MskBackupError('usage', 'STORE_URL_INVALID', message);
}
