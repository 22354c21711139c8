/**
 * Lambda's side of a function: the Runtime API as https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html documents it,
 * and a runtime that is started with Lambda's runtime interface client and asks it for its invocations.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ended, spawnOwned } from '../support/process.ts';

export interface Invoked {
  /** What the handler returned. */
  result?: unknown;
  /** What it threw. */
  error?: { errorType: string; errorMessage: string };
}

export interface FunctionOptions {
  /** Node and the runtime interface client, and what stands before them. */
  command: string[];
  /** As it is configured: `folder/module.function`. */
  handler: string;
  /** Where the function's code is. */
  taskRoot: string;
  env: Record<string, string>;
}

export class LocalFunction {
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #settled = new Map<string, (invoked: Invoked) => void>();
  readonly #queue: { id: string; event: string; deadlineMs: number }[] = [];
  #waiting: ServerResponse | undefined;
  #child: ReturnType<typeof spawnOwned> | undefined;
  /** What the function wrote. */
  log = '';

  static async start({ command, handler, taskRoot, env }: FunctionOptions): Promise<LocalFunction> {
    const local = new LocalFunction();
    await new Promise<void>((resolve) => local.#server.listen(0, '127.0.0.1', resolve));
    const { port } = local.#server.address() as AddressInfo;
    const [program, ...args] = command;
    // The environment of a function is Lambda's and its own, nothing else.
    const child = spawnOwned(program!, args, {
      cwd: taskRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
        _HANDLER: handler,
        LAMBDA_TASK_ROOT: taskRoot,
        AWS_LAMBDA_FUNCTION_NAME: 'msk-backup',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/msk-backup',
        AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/24/[$LATEST]1',
        ...env,
      },
    });
    for (const stream of [child.stdout, child.stderr])
      stream!.on('data', (chunk: Buffer) => {
        local.log += chunk.toString('utf8');
      });
    child.once('exit', (code) => local.#failAll(`the runtime ended with ${code}: ${local.log}`));
    local.#child = child;
    return local;
  }

  /** Invokes the function as Lambda does: one event after the other, with so much time for each. */
  invoke(event: unknown, timeoutMs = 60_000): Promise<Invoked> {
    const id = randomUUID();
    return new Promise((resolve) => {
      this.#settled.set(id, resolve);
      this.#queue.push({ id, event: JSON.stringify(event), deadlineMs: Date.now() + timeoutMs });
      this.#next();
    });
  }

  async stop(): Promise<void> {
    this.#child?.kill('SIGKILL');
    if (this.#child) await ended(this.#child);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #next(): void {
    if (this.#waiting === undefined || this.#queue.length === 0) return;
    const response = this.#waiting;
    this.#waiting = undefined;
    const { id, event, deadlineMs } = this.#queue.shift()!;
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': id,
      'lambda-runtime-deadline-ms': String(deadlineMs),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:123456789012:function:msk-backup',
      'lambda-runtime-trace-id': 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0',
    });
    response.end(event);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const path = request.url!.replace('/2018-06-01/runtime/', '');
    if (path === 'invocation/next') {
      this.#waiting = response;
      return this.#next();
    }
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
    if (path === 'init/error') return this.#failAll(body);
    const [, id, what] = path.split('/');
    const value: unknown = JSON.parse(body);
    this.#settled.get(id!)?.(what === 'response' ? { result: value } : { error: value as Invoked['error'] });
    this.#settled.delete(id!);
  }

  #failAll(errorMessage: string): void {
    for (const settle of this.#settled.values()) settle({ error: { errorType: 'Runtime.ExitError', errorMessage } });
    this.#settled.clear();
  }
}
