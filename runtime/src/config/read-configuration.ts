import { readFile } from 'node:fs/promises';
import { MskBackupError } from '../errors.ts';
import { parseS3Url } from './location-url.ts';

const MAX_BYTES = 1024 * 1024;

export interface ReadOptions {
  env: NodeJS.ProcessEnv;
  /** Default: the standard input of this process. */
  stdin?: AsyncIterable<Uint8Array>;
}

/**
 * The text of a configuration and what messages call it, to be given to `parseConfiguration`.
 * @param source a path, `-` for standard input, or `s3://bucket/key` with `?region=`, `&endpoint=`, `&path_style=true`
 *   (read with the default AWS credentials). Undefined: the variable MSK_BACKUP_CONFIG, which holds one of these, or,
 *   when there is a line break in it, the configuration itself.
 * @throws MskBackupError `CONFIG_MISSING` (usage) when there is no source, `CONFIG_UNREADABLE` (configuration) when it
 *   does not exist, is larger than 1 MiB or no UTF-8, and `CONFIG_UNREACHABLE` (connection) when S3 refuses or is away
 */
export async function readConfiguration(
  source: string | undefined,
  options: ReadOptions,
): Promise<{ text: string; file: string }> {
  if (source !== undefined) return await readFrom(source, options);
  const fromEnvironment = options.env.MSK_BACKUP_CONFIG;
  if (!fromEnvironment) {
    throw new MskBackupError(
      'usage',
      'CONFIG_MISSING',
      'no configuration: give --config FILE or set MSK_BACKUP_CONFIG',
    );
  }
  if (fromEnvironment.includes('\n')) return { text: fromEnvironment, file: 'MSK_BACKUP_CONFIG' };
  return await readFrom(fromEnvironment, options);
}

async function readFrom(source: string, options: ReadOptions): Promise<{ text: string; file: string }> {
  if (source === '-') return { text: decode(await readStream(options.stdin ?? process.stdin), 'stdin'), file: 'stdin' };
  if (source.startsWith('s3://')) {
    const file = source.replace(/\?.*$/s, '');
    return { text: decode(await readObject(source, file), file), file };
  }
  return { text: decode(await readLocal(source), source), file: source };
}

async function readLocal(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = { ENOENT: 'no such file', EACCES: 'no permission to read it', EISDIR: 'is a directory' }[code ?? ''];
    throw unreadable(path, reason ?? message, error);
  }
}

async function readStream(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    // Endless input must not fill the memory before it is refused.
    if (size > MAX_BYTES) break;
  }
  return Buffer.concat(chunks);
}

/** The S3 client takes 100 ms to load: only when it is needed. */
async function readObject(url: string, file: string): Promise<Uint8Array> {
  const location = parseS3Url(url);
  if ('problem' in location) throw unreadable('the s3:// URL of the configuration', location.problem);
  if (location.key === '') throw unreadable(file, 'names no object');
  const { S3Client, GetObjectCommand } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    ...(location.region !== undefined && { region: location.region }),
    ...(location.endpoint !== undefined && {
      endpoint: location.endpoint,
      region: location.region ?? process.env.AWS_REGION ?? 'us-east-1',
    }),
    forcePathStyle: location.pathStyle ?? location.endpoint !== undefined,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000 },
  });
  try {
    const command = new GetObjectCommand({ Bucket: location.bucket, Key: location.key });
    const { Body } = await client.send(command);
    return await readStream(Body as AsyncIterable<Uint8Array>);
  } catch (error) {
    throw s3Problem(error as Error, file);
  } finally {
    client.destroy();
  }
}

/** Without the SDK's error as the cause: that holds the request, with its signature. */
function s3Problem({ name, message }: Error, file: string): MskBackupError {
  if (name === 'NoSuchKey' || name === 'NoSuchBucket') return unreadable(file, 'no such object');
  const advice = {
    AccessDenied: 'access denied: allow s3:GetObject (and s3:ListBucket, to tell absent from denied)',
    CredentialsProviderError: 'no AWS credentials were found: give the task a role, or set AWS_PROFILE',
    PermanentRedirect: 'the bucket is in another region: add ?region= to the URL',
    AuthorizationHeaderMalformed: 'the bucket is in another region: add ?region= to the URL',
  }[name];
  const text =
    advice ?? (/^region is missing/i.test(message) ? 'no region is known: add ?region= or set AWS_REGION' : '');
  return new MskBackupError('connection', 'CONFIG_UNREACHABLE', `${file}: ${text || oneLine(message || name)}`);
}

function decode(bytes: Uint8Array, file: string): string {
  if (bytes.length > MAX_BYTES) throw unreadable(file, 'is larger than 1 MiB: is it a configuration?');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw unreadable(file, 'is not UTF-8', error);
  }
}

function unreadable(file: string, reason: string, cause?: unknown): MskBackupError {
  return new MskBackupError('configuration', 'CONFIG_UNREADABLE', `${file}: ${oneLine(reason)}`, { cause });
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
