import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the proxy does with a request instead of passing it on and answering. */
export type Fault =
  /** Answers by itself; the server behind sees nothing. */
  | { answer: number; body?: string; headers?: Record<string, string> }
  /** Breaks the connection, before or after the server has carried the request out. */
  | { cut: 'before' | 'after' }
  /** Never answers, before or after the server has carried the request out. */
  | { stall: 'before' | 'after' }
  /** Passes half of the answer's body on and then breaks the connection or falls silent. */
  | { halfBody: 'cut' | 'stall' };

export interface SeenRequest {
  /** `PUT /bucket/key?query` */
  line: string;
  headers: IncomingMessage['headers'];
  /** The client's side of the connection, to tell connections apart. */
  clientPort: number | undefined;
}

/** A proxy between a client and an S3 server that does to requests what networks and overloaded servers do. */
export class FaultProxy {
  readonly requests: SeenRequest[] = [];
  readonly #server = createServer((incoming, response) => this.#serve(incoming, response));
  readonly #target: URL;
  /** Consulted for every request; undefined passes it on. */
  decide: (line: string) => Fault | undefined = () => undefined;
  /** A request is passed on once this resolves. */
  hold: (line: string) => Promise<void> = async () => {};

  private constructor(target: string) {
    this.#target = new URL(target);
  }

  static async start(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Gives the faults to the first requests whose line matches; all others pass. */
  failing(pattern: RegExp, ...faults: Fault[]): void {
    this.decide = (line) => (pattern.test(line) ? faults.shift() : undefined);
    this.requests.length = 0;
  }

  /** Request lines that match. */
  seen(pattern: RegExp): string[] {
    return this.requests.map(({ line }) => line).filter((line) => pattern.test(line));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const line = `${incoming.method} ${incoming.url}`;
    this.requests.push({ line, headers: incoming.headers, clientPort: incoming.socket.remotePort });
    const fault = this.decide(line);
    const body: Buffer[] = [];
    try {
      for await (const chunk of incoming) body.push(chunk);
    } catch {
      return; // The client has gone.
    }
    if (fault !== undefined && 'answer' in fault) {
      response.writeHead(fault.answer, { 'content-type': 'application/xml', ...fault.headers });
      response.end(incoming.method === 'HEAD' ? undefined : fault.body);
      return;
    }
    if (fault !== undefined && 'cut' in fault && fault.cut === 'before') return void incoming.socket.destroy();
    if (fault !== undefined && 'stall' in fault && fault.stall === 'before') return;
    await this.hold(line);
    const answer = await this.#forward(incoming, Buffer.concat(body));
    if (fault !== undefined && 'cut' in fault) return void incoming.socket.destroy();
    if (fault !== undefined && 'stall' in fault) return;
    response.writeHead(answer.status, answer.headers);
    if (fault === undefined) return void response.end(answer.body);
    response.write(answer.body.subarray(0, answer.body.length / 2), () => {
      if (fault.halfBody === 'cut') incoming.socket.destroy();
    });
  }

  async #forward(incoming: IncomingMessage, body: Buffer) {
    const { hostname, port } = this.#target;
    const { method, url: path, headers } = incoming;
    // A connection each: the server behind may close those it has kept, and that is no fault of the test's.
    const outgoing = request({ hostname, port, method, path, headers, agent: false });
    outgoing.end(body);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk);
    return { status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) };
  }
}
