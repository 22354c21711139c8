/** The way to the AWS emulator, on which a region can be lost. */

import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsEmulator } from '../support/s3/emulator.ts';

export interface PassedRequest {
  /** `us-east-1/s3 PUT /bucket/key`: what the signature is for, and the request. */
  line: string;
  /** Empty for S3, where it is data. */
  body: string;
}

/** A proxy in front of an emulator. As an endpoint of AWS's it stands for one with TLS: policies see aws:SecureTransport as true. */
export class RegionGate {
  /** What went through, in order. */
  readonly passed: PassedRequest[] = [];
  /** Lines of requests for a region that is lost, or for none. */
  readonly refused: string[] = [];
  readonly #aws: AwsEmulator;
  readonly #lost = new Set<string>();
  readonly #server: Server = createServer((incoming, response) => this.#serve(incoming, response));

  private constructor(aws: AwsEmulator) {
    this.#aws = aws;
  }

  static async open(aws: AwsEmulator): Promise<RegionGate> {
    const gate = new RegionGate(aws);
    await new Promise<void>((resolve) => gate.#server.listen(0, '127.0.0.1', resolve));
    return gate;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The emulator behind the gate, for one who is at home in a region. */
  from(region: string): AwsEmulator {
    const { regions, pid } = this.#aws;
    const others = regions.filter((other) => other !== region);
    return new AwsEmulator(this.endpoint, [region, ...others], pid, async () => {});
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
    if (process.env.GATE) console.log(incoming.method, incoming.url);
    const line = `${region ?? 'unsigned'}/${service ?? ''} ${incoming.method} ${incoming.url}`;
    if (this.#lost.size > 0 && (region === undefined || this.#lost.has(region))) {
      this.refused.push(line);
      incoming.socket.destroy();
      return;
    }
    this.passed.push({ line, body: service === 's3' ? '' : body.toString('utf8') });
    const { hostname, port } = new URL(this.#aws.endpoint);
    const { method, url: path } = incoming;
    const headers = { ...incoming.headers, 'x-forwarded-proto': 'https' };
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
