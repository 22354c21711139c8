/** Free TCP ports of 127.0.0.1. */

import { createServer } from 'node:net';

/**
 * Ports that nothing listens on. They lie below the range from which the kernel takes ports for outgoing connections,
 * so that a server that is stopped for a while finds its port still free when it starts again.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
