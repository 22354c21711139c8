import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StorageLocation } from '../config/job.ts';
import { parseS3Url } from '../config/location-url.ts';
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

/**
 * An object as the command line takes it: a path, or `s3://bucket/key` with region and endpoint where the location has them.
 * Credentials never stand in it.
 */
export function objectUrl(location: StorageLocation, key: string): string {
  if (location.backend === 'filesystem') return resolve(location.path, location.prefix, key);
  const { bucket, prefix, region, endpoint, pathStyle } = location;
  const full = prefix === '' ? key : `${prefix}/${key}`;
  const query = new URLSearchParams({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(pathStyle !== (endpoint !== undefined) && { path_style: `${pathStyle}` }),
  });
  const path = full.split('/').map(encodeURIComponent).join('/');
  return `s3://${bucket}/${path}${query.size > 0 ? `?${query}` : ''}`;
}

function parseS3(text: string): StorageLocation {
  const parsed = parseS3Url(text);
  // The text is not repeated: it may hold a secret.
  if ('problem' in parsed) throw invalid(`the location ${parsed.problem}`);
  const { bucket, key, region, endpoint, pathStyle } = parsed;
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]{1,254}$/.test(bucket)) {
    throw invalid('the location must be s3://bucket/prefix with the name of a bucket');
  }
  return {
    backend: 's3',
    bucket,
    prefix: key,
    pathStyle: pathStyle ?? endpoint !== undefined,
    maxConcurrentUploads: DEFAULT_CONCURRENT_UPLOADS,
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
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
