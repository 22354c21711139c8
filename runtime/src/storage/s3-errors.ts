import { type ErrorKind, MskBackupError } from '../errors.ts';

/** What we read of an error of the SDK. Never passed on as a whole: it holds the request, with its credentials' id. */
interface SdkError {
  name: string;
  message: string;
  /** Of Node, for errors of the connection. */
  code?: string;
  /** In AuthorizationHeaderMalformed: where the bucket is. */
  Region?: string;
  $metadata?: { httpStatusCode?: number; requestId?: string; clockSkewCorrected?: boolean };
  $response?: { headers?: Record<string, string> };
}

const CREDENTIALS_REJECTED = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'AuthFailure',
  'InvalidSecurity',
]);
const CREDENTIALS_EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired']);

const RETRIED_NAMES = new Set([
  'TimeoutError',
  'RequestTimeout',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'BandwidthLimitExceeded',
  'InternalError',
  'ServiceUnavailable',
  'OperationAborted',
  'ConditionalRequestConflict',
  // Damaged on the way: S3 compared it with our checksum.
  'BadDigest',
  'IncompleteBody',
]);
const RETRIED_CODES = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN']);
const UNREACHABLE_CODES = new Set(['ECONNREFUSED', 'ENOTFOUND']);

export function statusOf(error: unknown): number | undefined {
  return (error as SdkError | undefined)?.$metadata?.httpStatusCode;
}

export function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}

/**
 * Whether asking again can help:
 * - `yes`: overload, a broken connection, an answer of 5xx
 * - `once reached`: an address that refuses or does not resolve, and credentials that cannot be fetched, are mistakes of the
 *   configuration before the first answer, and passing troubles after it
 * - `no`: a refusal, or a bug
 */
export function retryable(error: unknown): 'yes' | 'once reached' | 'no' {
  if (!(error instanceof Error) || error instanceof MskBackupError) return 'no';
  const { name, code, $metadata } = error as SdkError;
  const status = $metadata?.httpStatusCode;
  if ($metadata?.clockSkewCorrected || RETRIED_NAMES.has(name)) return 'yes';
  if (status !== undefined && (status === 408 || status === 429 || (status >= 500 && status !== 501))) return 'yes';
  if (code !== undefined && RETRIED_CODES.has(code)) return 'yes';
  if ((code !== undefined && UNREACHABLE_CODES.has(code)) || name === 'CredentialsProviderError') return 'once reached';
  return 'no';
}

/**
 * The SDK's error as one of ours: what failed, where, what to do.
 * @param permission the IAM action that the request needs
 * @param where `s3://bucket/key`
 * @param endpoint host of a custom endpoint
 */
export function s3Error(error: unknown, permission: string, where: string, endpoint?: string): unknown {
  // Bugs pass as they are: they come from our code, not from a request.
  if (!(error instanceof Error) || error instanceof MskBackupError || error instanceof TypeError) return error;
  const { name, message, code, $metadata } = error as SdkError;
  const status = $metadata?.httpStatusCode;
  const at = endpoint === undefined ? where : `${where} at ${endpoint}`;
  const make = (kind: ErrorKind, ownCode: string, text: string) => {
    const id = $metadata?.requestId === undefined ? '' : ` (request ${$metadata.requestId})`;
    return new MskBackupError(kind, ownCode, `${at}: ${text}${id}`);
  };

  if (name === 'NoSuchBucket')
    return make('configuration', 'STORAGE_BUCKET_MISSING', 'there is no such bucket: check its name, and the account');
  const region = regionOf(error as SdkError);
  if (region !== undefined)
    return make('configuration', 'STORAGE_WRONG_REGION', `the bucket is in ${region}: set storage.region to that`);
  if (name === 'PermanentRedirect' || status === 301)
    return make('configuration', 'STORAGE_WRONG_REGION', 'the bucket is in another region: set storage.region to that');
  if (/^region is missing/i.test(message))
    return make('configuration', 'STORAGE_REGION_MISSING', 'no region is known: set storage.region or AWS_REGION');
  if (name.startsWith('KMS.'))
    return make('configuration', 'STORAGE_KMS_KEY', `the KMS key cannot be used: ${name}: ${message}`);
  if (name === 'InvalidStorageClass')
    return make('configuration', 'STORAGE_CLASS', 'the bucket does not take storage.class');
  if (name === 'CredentialsProviderError')
    return make(
      'connection',
      'STORAGE_CREDENTIALS_MISSING',
      'no AWS credentials were found: give the task a role, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret',
    );
  if (CREDENTIALS_EXPIRED.has(name))
    return make('connection', 'STORAGE_CREDENTIALS_EXPIRED', 'the AWS credentials have expired: get new ones');
  if (CREDENTIALS_REJECTED.has(name))
    return make(
      'connection',
      'STORAGE_CREDENTIALS_REJECTED',
      `the AWS credentials are not accepted (${name}): check access key and secret`,
    );
  if (name === 'RequestTimeTooSkewed')
    return make('connection', 'STORAGE_CLOCK_SKEW', 'the clock of this machine is wrong by more than 15 minutes');
  if (name === 'InvalidObjectState')
    return make('data', 'OBJECT_ARCHIVED', 'the object lies in a Glacier storage class: restore it in S3 first');
  if (status === 403) return make('connection', 'STORAGE_ACCESS_DENIED', deniedText(permission, message));
  if (status === undefined && code === 'ENOTFOUND')
    return make('connection', 'STORAGE_UNREACHABLE', 'the host name does not resolve: check endpoint, region and DNS');
  if (status === undefined && code !== undefined && /CERT|SELF_SIGNED|ISSUER/.test(code))
    return make(
      'connection',
      'STORAGE_UNTRUSTED',
      `the server's certificate is not trusted (${code}): name its authority in NODE_EXTRA_CA_CERTS`,
    );
  if (status === undefined && retryable(error) !== 'no')
    return make(
      'connection',
      'STORAGE_UNREACHABLE',
      `S3 cannot be reached (${code ?? name}): check endpoint, network, and the VPC's S3 endpoint`,
    );
  // An answer to HEAD has no body: the SDK calls its error Unknown.
  const what = name === 'Unknown' ? `status ${status}` : `${name}: ${message}`;
  return make('connection', 'STORAGE_FAILED', `${permission} failed: ${what}`);
}

function deniedText(permission: string, message: string): string {
  const needs =
    permission === 's3:GetObject' ? `${permission} (and s3:ListBucket, to tell absent from denied)` : permission;
  const kms = /kms/i.test(message) ? ', and on its KMS key kms:GenerateDataKey and kms:Decrypt' : '';
  const said = /not authorized|explicit deny|because/i.test(message) ? `; S3 says: ${message}` : '';
  return `access denied: allow ${needs}${kms}${said}`;
}

/** The region that S3 names when it was asked in the wrong one. A redirect's answer to HEAD has only the header. */
function regionOf({ name, Region, $metadata, $response }: SdkError): string | undefined {
  if (name === 'AuthorizationHeaderMalformed') return Region;
  return $metadata?.httpStatusCode === 301 ? $response?.headers?.['x-amz-bucket-region'] : undefined;
}
