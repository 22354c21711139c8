import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PrometheusSettings } from '../config/metrics.ts';
import { MskBackupError } from '../errors.ts';
import type { PrometheusValues } from './prometheus-values.ts';

/** Answers Prometheus with the values as they are when it asks. Keeps no process alive by itself. */
export class PrometheusServer {
  readonly #server: Server;
  readonly #keepAliveSeconds: number;

  private constructor(server: Server, keepAliveSeconds: number) {
    this.#server = server;
    this.#keepAliveSeconds = keepAliveSeconds;
  }

  /** @throws MskBackupError `METRICS_PORT` when it cannot listen there */
  static async start(
    { port, bindAddress, path, keepAliveSeconds }: PrometheusSettings,
    values: PrometheusValues,
  ): Promise<PrometheusServer> {
    const server = createServer(async ({ method, url }, response) => {
      if (url?.replace(/\?.*$/s, '') !== path) {
        response.writeHead(404, { 'content-type': 'text/plain' }).end(`the metrics are at ${path}\n`);
      } else if (method !== 'GET' && method !== 'HEAD') {
        response.writeHead(405, { allow: 'GET, HEAD' }).end();
      } else {
        const text = await values.text().catch(() => undefined);
        if (text === undefined) response.writeHead(500).end();
        else response.writeHead(200, { 'content-type': values.contentType }).end(method === 'HEAD' ? undefined : text);
      }
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, bindAddress, resolve);
    }).catch((cause: Error) => {
      throw new MskBackupError(
        'configuration',
        'METRICS_PORT',
        `metrics: cannot listen on ${bindAddress}:${port} (${cause.message}); set metrics.port, or metrics.enabled: false`,
        { cause },
      );
    });
    // A connection that cannot be taken must not end the run.
    server.on('error', () => {});
    server.unref();
    return new PrometheusServer(server, keepAliveSeconds);
  }

  /** Stays for the time that was asked for, or until the signal, and closes. */
  async stop(signal: AbortSignal): Promise<void> {
    if (this.#keepAliveSeconds > 0) {
      await sleep(this.#keepAliveSeconds * 1000, undefined, { signal }).catch(() => {});
    }
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
