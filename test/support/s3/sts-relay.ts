/** STS of the emulator, which lets a test see each key that it gives out: AWS's brokers know all keys, a test's are told. */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IamKey } from '../kafka/iam-listener.ts';
import type { AwsEmulator } from './emulator.ts';

export interface StsRelay {
  url: string;
  /** Parameters of the requests, in order. */
  requests: URLSearchParams[];
  close(): Promise<void>;
}

/**
 * @param lifeMs how long credentials live from their making; STS itself does not make any for less than 15 minutes
 * @param onKey is waited for before the key is given out
 */
export async function startStsRelay(
  aws: AwsEmulator,
  lifeMs: number,
  onKey: (key: IamKey) => Promise<void> = async () => {},
): Promise<StsRelay> {
  const requests: URLSearchParams[] = [];
  const server: Server = createServer(async (request, response) => {
    const body = await read(request);
    requests.push(new URLSearchParams(body));
    const answer = await fetch(`${aws.endpoint}${request.url}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization:
          request.headers.authorization ??
          'AWS4-HMAC-SHA256 Credential=none/20261124/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=none',
      },
      body,
    });
    const text = await answer.text();
    const of = (tag: string) => new RegExp(`<${tag}>(.*?)</${tag}>`).exec(text)?.[1] as string;
    if (answer.ok) {
      await onKey({
        accessKeyId: of('AccessKeyId'),
        secretAccessKey: of('SecretAccessKey'),
        sessionToken: of('SessionToken'),
        principal: of('Arn'),
      });
    }
    const expiration = new Date(Date.now() + lifeMs).toISOString();
    response.writeHead(answer.status, { 'content-type': 'text/xml' });
    response.end(text.replace(/<Expiration>.*?<\/Expiration>/, `<Expiration>${expiration}</Expiration>`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
