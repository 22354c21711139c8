import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { StorageLocation } from '../config/job.ts';
import { ChunkBody } from './s3-body.ts';

export type S3Location = Extract<StorageLocation, { backend: 's3' }>;

/** Reads take sockets beside the uploads; more than any run uses at once. */
const SOCKETS = 256;
const CONNECT_TIMEOUT_MS = 5_000;

/** Without one the SDK writes hints to the console, as for every failed request with a stream for its body. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * The SDK's client, set up so that it neither retries (s3-retry.ts knows better which failures are ambiguous), nor hashes
 * what has been checked already, nor opens a connection per part:
 * - checksums are CRC-32, computed by us once (0.1 CPU s per GB) and sent as headers; the SDK's own cost more
 * - over TLS the payload is not hashed again for the signature (0.6 CPU s per GB, on the main thread)
 * - no `Expect: 100-continue`: the SDK makes a connection of its own for each such request
 * Credentials without keys in the location: the default chain.
 * @param stallTimeoutMs a connection without any traffic for so long is given up
 */
export function createS3Client(location: S3Location, stallTimeoutMs: number): S3Client {
  const config: S3ClientConfig = {
    forcePathStyle: location.pathStyle,
    maxAttempts: 1,
    logger: SILENT,
    expectContinueHeader: false,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: stallTimeoutMs,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
    },
  };
  const region = location.region ?? regionOfEndpoint(location);
  if (region !== undefined) config.region = region;
  if (location.endpoint !== undefined) config.endpoint = location.endpoint;
  if (location.accessKeyId !== undefined && location.secretAccessKey !== undefined) {
    const { accessKeyId, secretAccessKey } = location;
    config.credentials = async () => ({ accessKeyId, secretAccessKey: secretAccessKey.reveal() });
  }
  const client = new S3Client(config);
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { protocol: string; headers: Record<string, string>; body?: unknown };
      if (request.body instanceof ChunkBody)
        request.headers['x-amz-content-sha256'] =
          request.protocol === 'https:' ? 'UNSIGNED-PAYLOAD' : request.body.sha256();
      return next(args);
    },
    { step: 'build', name: 'payloadHash' },
  );
  return client;
}

/** Other servers than AWS mostly do not care, but a signature names a region. AWS's own chain fails without one. */
function regionOfEndpoint(location: S3Location): string | undefined {
  if (location.endpoint === undefined) return undefined;
  return process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1';
}
