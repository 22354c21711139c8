import { type ErrorKind, MskBackupError } from '../errors.ts';

/** What we read of an error of the SDK. Never passed on as a whole: it holds the request, with its credentials' id. */
interface SdkError {
  name: string;
  message: string;
  $metadata?: { httpStatusCode?: number; requestId?: string };
}

/**
 * The SDK's error as one of ours: which call failed, on what, what to do. Codes: `ECS_CREDENTIALS_MISSING`,
 * `ECS_ACCESS_DENIED`, `ECS_UNREACHABLE` and `ECS_FAILED` of kind `connection`; `ECS_REGION_MISSING`,
 * `ECS_CLUSTER_MISSING`, `ECS_NETWORK_MISSING` and `ECS_REFUSED` of kind `configuration`.
 * @param action the IAM action that the call needs: `ecs:RunTask`
 * @param about what it was about, for a person
 */
export function ecsError(error: unknown, action: string, about: string): unknown {
  // Bugs pass as they are: they come from our code, not from a request.
  if (!(error instanceof Error) || error instanceof MskBackupError || error instanceof TypeError) return error;
  const { name, $metadata } = error as SdkError;
  if (name === 'AbortError') return error;
  const message = error.message.replace(/\s+/g, ' ').trim();
  const status = $metadata?.httpStatusCode;
  const make = (kind: ErrorKind, code: string, text: string) => {
    const id = $metadata?.requestId === undefined ? '' : ` (request ${$metadata.requestId})`;
    return new MskBackupError(kind, code, `${about}: ${text}${id}`);
  };
  if (/^region is missing/i.test(message))
    return make('configuration', 'ECS_REGION_MISSING', 'no region is known: set --region or AWS_REGION');
  if (name === 'CredentialsProviderError')
    return make(
      'connection',
      'ECS_CREDENTIALS_MISSING',
      'no AWS credentials were found: set AWS_PROFILE, or give a role',
    );
  if (name.startsWith('AccessDenied') || status === 403)
    return make('connection', 'ECS_ACCESS_DENIED', `access denied: allow ${action}; AWS says: ${message}`);
  if (name === 'ClusterNotFoundException')
    return make('configuration', 'ECS_CLUSTER_MISSING', 'there is no such ECS cluster: check --cluster and the region');
  if (/network configuration must be provided/i.test(message))
    return make(
      'configuration',
      'ECS_NETWORK_MISSING',
      'Fargate tasks need a network: give --subnet and --security-group',
    );
  if (status === undefined)
    return make(
      'connection',
      'ECS_UNREACHABLE',
      `AWS cannot be reached: ${message || name}: check endpoint and network`,
    );
  if (status >= 400 && status < 500 && !/throttl/i.test(name))
    return make('configuration', 'ECS_REFUSED', `${action} was refused: ${name}: ${message}`);
  return make('connection', 'ECS_FAILED', `${action} failed: ${name}: ${message}`);
}
