import { type ErrorKind, MskBackupError } from '../errors.ts';

/** What we read of an error of the SDK. Never passed on as a whole: it holds the request, with its credentials' id. */
interface SdkError {
  name: string;
  message: string;
  /** Of Node, for errors of the connection. */
  code?: string;
  $metadata?: { httpStatusCode?: number; requestId?: string };
}

/** What a request was for. */
export interface LambdaRequest {
  /** The IAM action it needs: `lambda:GetEventSourceMapping`. */
  action: string;
  /** What it was about, for a person: `event source mapping 1234…`. */
  about: string;
}

const CREDENTIALS_REJECTED = new Set([
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'IncompleteSignatureException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'MissingAuthenticationTokenException',
  'MissingAuthenticationToken',
  'InvalidAccessKeyId',
]);
const CREDENTIALS_EXPIRED = new Set(['ExpiredTokenException', 'ExpiredToken', 'RequestExpired']);
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

export function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'ResourceNotFoundException';
}

/** The mapping is in transition, or another change of it is under way: the same request succeeds later. */
export function isBusy(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === 'ResourceInUseException' || error.name === 'ResourceConflictException')
  );
}

/**
 * The SDK's error as one of ours: what failed, where, what to do. `LAMBDA_…` codes:
 * - `UNREACHABLE`, `THROTTLED`, `FAILED`, `CREDENTIALS_MISSING`, `CREDENTIALS_EXPIRED`, `CREDENTIALS_REJECTED`,
 *   `ACCESS_DENIED` of kind `connection`
 * - `REGION_MISSING`, `REFUSED` (a setting that Lambda does not take), `CONFLICT` (such a mapping exists already),
 *   `NOT_FOUND` (the function), `KMS_KEY` of kind `configuration`
 * @param where region or custom endpoint
 */
export function lambdaError(error: unknown, { action, about }: LambdaRequest, where: string): unknown {
  // Bugs pass as they are: they come from our code, not from a request.
  if (!(error instanceof Error) || error instanceof MskBackupError || error instanceof TypeError) return error;
  const { name, code, $metadata } = error as SdkError;
  const message = error.message.replace(/\s+/g, ' ').trim();
  const status = $metadata?.httpStatusCode;
  const make = (kind: ErrorKind, ownCode: string, text: string) => {
    const id = $metadata?.requestId === undefined ? '' : ` (request ${$metadata.requestId})`;
    return new MskBackupError(kind, ownCode, `Lambda in ${where}, ${about}: ${text}${id}`);
  };

  if (/^region is missing/i.test(message))
    return new MskBackupError(
      'configuration',
      'LAMBDA_REGION_MISSING',
      `Lambda, ${about}: no region is known: set lambda.region or --region, or AWS_REGION`,
    );
  if (name === 'CredentialsProviderError')
    return make(
      'connection',
      'LAMBDA_CREDENTIALS_MISSING',
      'no AWS credentials were found: give the task a role, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret',
    );
  if (CREDENTIALS_EXPIRED.has(name))
    return make('connection', 'LAMBDA_CREDENTIALS_EXPIRED', 'the AWS credentials have expired: get new ones');
  // Without the message: what AWS says of a signature repeats parts of the request.
  if (CREDENTIALS_REJECTED.has(name))
    return make(
      'connection',
      'LAMBDA_CREDENTIALS_REJECTED',
      `the AWS credentials are not accepted (${name}): check access key and secret`,
    );
  if (name.startsWith('KMS'))
    return make('configuration', 'LAMBDA_KMS_KEY', `the KMS key cannot be used: ${name}: ${message}`);
  if (name === 'AccessDeniedException' || name === 'AccessDenied' || status === 403)
    return make('connection', 'LAMBDA_ACCESS_DENIED', `access denied: allow ${action}; AWS says: ${message}`);
  if (name === 'TooManyRequestsException' || status === 429)
    return make('connection', 'LAMBDA_THROTTLED', 'Lambda goes on refusing for too many requests: try again later');
  if (name === 'ResourceNotFoundException')
    return make('configuration', 'LAMBDA_NOT_FOUND', `${message}: check name and region`);
  if (name === 'ResourceConflictException' || name === 'ResourceInUseException')
    return make('configuration', 'LAMBDA_CONFLICT', message);
  if (name === 'InvalidParameterValueException' || name === 'ValidationException' || status === 400)
    return make('configuration', 'LAMBDA_REFUSED', `${action} was refused: ${message}`);
  if (status === undefined && ((code !== undefined && UNREACHABLE.has(code)) || name === 'TimeoutError'))
    return make(
      'connection',
      'LAMBDA_UNREACHABLE',
      `Lambda cannot be reached (${code ?? name}): check region, network, and the VPC's Lambda endpoint`,
    );
  if (status === undefined && code !== undefined && /CERT|SELF_SIGNED|ISSUER/.test(code))
    return make(
      'connection',
      'LAMBDA_UNTRUSTED',
      `the server's certificate is not trusted (${code}): name its authority in NODE_EXTRA_CA_CERTS`,
    );
  return make('connection', 'LAMBDA_FAILED', `${action} failed: ${name}: ${message}`);
}
