/** The way to the AWS emulator, on which a region can be lost. */

import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tlsKey } from '../support/kafka/tls.ts';
import { AwsEmulator } from '../support/s3/emulator.ts';

export interface PassedRequest {
  /** `us-east-1/s3 PUT /bucket/key`: what the signature is for, and the request. */
  line: string;
  /** Empty for S3, where it is data. */
  body: string;
}

/** A proxy in front of an emulator that enforces policies, and therefore serves TLS, which they ask for. */
export class RegionGate {
  /** What went through, in order. */
  readonly passed: PassedRequest[] = [];
  /** Lines of requests for a region that is lost, or for none. */
  readonly refused: string[] = [];
  readonly #aws: AwsEmulator;
  readonly #lost = new Set<string>();
  readonly #certificate: string;
  readonly #server: Server;

  private constructor(aws: AwsEmulator, certificate: string, cert: Buffer, key: Buffer) {
    this.#aws = aws;
    this.#certificate = certificate;
    this.#server = createServer({ cert, key }, (incoming, response) => this.#serve(incoming, response));
  }

  static async open(aws: AwsEmulator): Promise<RegionGate> {
    // The emulator's own, which this process trusts.
    const { certificate, key } = await tlsKey('broker');
    const gate = new RegionGate(aws, certificate, await readFile(certificate), await readFile(key));
    await new Promise<void>((resolve) => gate.#server.listen(0, '127.0.0.1', resolve));
    return gate;
  }

  get endpoint(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The emulator behind the gate, for one who is at home in a region. */
  from(region: string): AwsEmulator {
    const { regions, pid } = this.#aws;
    const others = regions.filter((other) => other !== region);
    return new AwsEmulator(this.endpoint, [region, ...others], pid, async () => {}, this.#certificate);
  }

  /**
   * From now on connections break off that carry a request for this region: one whose signature names it, which every request of
   * AWS's API does. One without a signature may be for any region, and is treated alike.
   */
  lose(region: string): void {
    this.#lost.add(region);
  }

  /** Forgets what went through and what was refused. */
  forget(): void {
    this.passed.length = 0;
    this.refused.length = 0;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { region, service } = scopeOf(incoming);
    const line = `${region ?? 'unsigned'}/${service ?? ''} ${incoming.method} ${incoming.url}`;
    if (this.#lost.size > 0 && (region === undefined || this.#lost.has(region))) {
      this.refused.push(line);
      incoming.socket.destroy();
      return;
    }
    this.passed.push({ line, body: service === 's3' ? '' : body.toString('utf8') });
    const { hostname, port } = new URL(this.#aws.endpoint);
    const { method, url: path, headers } = incoming;
    const onward = request({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on('error', () => incoming.socket.destroy());
    onward.end(body);
  }
}

/** AWS Signature Version 4: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`, in a header or, presigned, in the query. */
function scopeOf({ headers, url }: IncomingMessage): { region?: string; service?: string } {
  const presigned = new URL(url!, 'http://aws').searchParams.get('X-Amz-Credential');
  const credential = presigned ?? /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1];
  const [, , region, service] = credential?.split('/') ?? [];
  return { region, service };
}
