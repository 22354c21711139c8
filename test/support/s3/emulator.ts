/** An S3 for tests: ministack, with conditional writes, multipart uploads and replication between regions. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import {
  CreateBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { cached } from '../cache.ts';
import { tlsKey } from '../kafka/tls.ts';
import { freePorts } from '../ports.ts';
import { ended, runOk, spawnOwned } from '../process.ts';

const version = '1.5.33';

/** The emulator, which ends when the process that started it does: its standard input is then at its end. */
const program = `
import os, runpy, sys, threading
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(1)), daemon=True).start()
sys.argv = ['ministack']
runpy.run_module('ministack', run_name='__main__')
`;

export interface BucketOptions {
  /** Default: the emulator's first region. */
  region?: string;
  /** A bucket that exists and gets a copy of every new object; both become versioned. */
  replicateTo?: string;
  /** Default: only where replication needs it. */
  versioning?: boolean;
}

/** Fetches the emulator into a virtual environment once; answers the path of that environment's Python. */
export async function installMinistack(): Promise<string> {
  const environment = await cached(`ministack-${version}`, async (directory) => {
    await runOk('python3', ['-m', 'venv', directory]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];
    await runOk(join(directory, 'bin/python'), [...pip, `ministack==${version}`], { timeoutMs: 600_000 });
  });
  return join(environment, 'bin/python');
}

export interface EmulatorOptions {
  /** Default: us-east-1 and us-west-2. */
  regions?: string[];
  /**
   * Requests are allowed by the policies of whoever signs them and of the bucket, and refused otherwise; the emulator's own credentials may
   * everything. It does not know the condition keys s3:if-none-match and s3:ObjectCreationOperation. It then serves TLS, which policies
   * may ask for. Default: all are allowed.
   */
  authorize?: boolean;
}

/** Starts an emulator on a free port of 127.0.0.1. Its data is in memory and goes with it. */
export async function startMinistack(options: EmulatorOptions = {}): Promise<AwsEmulator> {
  const python = await installMinistack();
  const regions = options.regions ?? ['us-east-1', 'us-west-2'];
  const directory = await mkdtemp(join(tmpdir(), 'msk-backup-ministack-'));
  const [port] = await freePorts(1);
  const tls = options.authorize ? await tlsKey('broker') : undefined;
  if (tls) setDefaultCACertificates([...getCACertificates('default'), await readFile(tls.certificate, 'utf8')]);
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: directory,
    TMPDIR: directory,
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    MINISTACK_REGION: regions[0]!,
    AWS_DEFAULT_REGION: regions[0]!,
    S3_DATA_DIR: join(directory, 's3'),
    STATE_DIR: join(directory, 'state'),
    SFTP_ENABLED: '0',
    AUTH: String(options.authorize ?? false),
    ...(tls && { USE_SSL: '1', MINISTACK_SSL_CERT: tls.certificate, MINISTACK_SSL_KEY: tls.key }),
    LOG_LEVEL: 'WARNING',
  };
  const child = spawnOwned(python, ['-c', program], { cwd: directory, env, stdio: 'pipe' });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream!.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString('utf8')).slice(-6000);
    });
  const stop = async () => {
    child.kill('SIGKILL');
    await ended(child);
    await rm(directory, { recursive: true, force: true });
  };
  const endpoint = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const limit = Date.now() + 60_000;
  for (;;) {
    const healthy = await fetch(`${endpoint}/_ministack/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return new AwsEmulator(endpoint, regions, child.pid!, stop, tls?.certificate);
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > limit) {
      await stop();
      throw new Error(`ministack did not start. The end of its log:\n${log}`);
    }
    await sleep(50);
  }
}

export class AwsEmulator {
  readonly endpoint: string;
  readonly regions: string[];
  readonly pid: number;
  readonly credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  readonly #stop: () => Promise<void>;
  readonly #clients = new Map<string, S3Client>();
  readonly #regionOf = new Map<string, string>();

  readonly #certificate?: string;

  constructor(endpoint: string, regions: string[], pid: number, stop: () => Promise<void>, certificate?: string) {
    this.#certificate = certificate;
    this.endpoint = endpoint;
    this.regions = regions;
    this.pid = pid;
    this.#stop = stop;
  }

  /** The first region. */
  get region(): string {
    return this.regions[0]!;
  }

  /** What the AWS SDK reads, for child processes. */
  get env(): Record<string, string> {
    return {
      AWS_ACCESS_KEY_ID: this.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.credentials.secretAccessKey,
      AWS_REGION: this.region,
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_EC2_METADATA_DISABLED: 'true',
      ...(this.#certificate && { NODE_EXTRA_CA_CERTS: this.#certificate }),
    };
  }

  /** A client of one region, which lives as long as the emulator. */
  client(region = this.region): S3Client {
    const known = this.#clients.get(region);
    if (known) return known;
    const { endpoint, credentials } = this;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    this.#clients.set(region, client);
    return client;
  }

  /** The client of the region that a bucket made by `createBucket` is in; another region's is sent away, as on AWS. */
  clientOf(bucket: string): S3Client {
    return this.client(this.#regionOf.get(bucket));
  }

  /** Tells the region of a bucket that was not made by `createBucket`. */
  placeBucket(name: string, region: string): void {
    this.#regionOf.set(name, region);
  }

  async createBucket(name: string, options: BucketOptions = {}): Promise<void> {
    const region = options.region ?? this.region;
    const client = this.client(region);
    const elsewhere = region === 'us-east-1' ? undefined : { LocationConstraint: region as 'us-west-2' };
    await client.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: elsewhere }));
    this.#regionOf.set(name, region);
    if (options.versioning || options.replicateTo) await this.#version(name);
    if (!options.replicateTo) return;
    await this.#version(options.replicateTo);
    const rule = {
      ID: 'all',
      Status: 'Enabled' as const,
      Priority: 1,
      Filter: { Prefix: '' },
      DeleteMarkerReplication: { Status: 'Disabled' as const },
      Destination: { Bucket: `arn:aws:s3:::${options.replicateTo}` },
    };
    const Role = 'arn:aws:iam::000000000000:role/replication';
    const ReplicationConfiguration = { Role, Rules: [rule] };
    await client.send(new PutBucketReplicationCommand({ Bucket: name, ReplicationConfiguration }));
  }

  async #version(bucket: string): Promise<void> {
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await this.clientOf(bucket).send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
  }

  /** Keys and sizes (bytes) of a bucket's objects, in key order. */
  async list(bucket: string, prefix = ''): Promise<Map<string, number>> {
    const objects = new Map<string, number>();
    let ContinuationToken: string | undefined;
    do {
      const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken });
      const page = await this.clientOf(bucket).send(command);
      for (const { Key, Size } of page.Contents ?? []) objects.set(Key!, Size ?? 0);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    return objects;
  }

  /** Waits until every object under a prefix of `from` is in `to` with the same ETag. */
  async waitForReplication(from: string, to: string, prefix = '', timeoutMs = 30_000): Promise<void> {
    const limit = Date.now() + timeoutMs;
    for (const key of (await this.list(from, prefix)).keys()) {
      const wanted = await this.#etag(from, key);
      while ((await this.#etag(to, key)) !== wanted) {
        if (Date.now() > limit) throw new Error(`${key} is not replicated from ${from} to ${to} in ${timeoutMs} ms`);
        await sleep(100);
      }
    }
  }

  async #etag(bucket: string, key: string): Promise<string | undefined> {
    try {
      return (await this.clientOf(bucket).send(new HeadObjectCommand({ Bucket: bucket, Key: key }))).ETag;
    } catch (error) {
      if ((error as Error).name === 'NotFound') return undefined;
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.values()) client.destroy();
    await this.#stop();
  }
}
