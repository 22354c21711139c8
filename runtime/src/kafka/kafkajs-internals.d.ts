/**
 * What this program uses of kafkajs 2.2.4 (pinned exactly): its broker connection, which is not part of its public
 * interface and has no types of its own. Only `kafkajs-connection.ts` imports it.
 */
declare module 'kafkajs/src/network/connection.js' {
  import type { Socket } from 'node:net';
  import type { ConnectionOptions } from 'node:tls';

  interface Logger {
    namespace(name: string): Logger;
    debug(message: string, extra?: object): void;
    info(message: string, extra?: object): void;
    warn(message: string, extra?: object): void;
    error(message: string, extra?: object): void;
  }

  interface PushedRequest {
    entry: {
      apiKey: number;
      apiName: string;
      apiVersion: number;
      correlationId: number;
      resolve(answer: { payload: Buffer }): void;
      reject(reason: unknown): void;
    };
    expectResponse: boolean;
    /** ms from sending; the connection's own time-out where that is longer. */
    requestTimeout: number;
    sendRequest(): void;
  }

  interface RequestQueue {
    pending: unknown[];
    throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    push(request: PushedRequest): void;
    maybeThrottle(throttleTimeMs: number): void;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
    fulfillRequest(answer: { correlationId: number; payload: Buffer; size: number }): void;
    rejectAll(reason: unknown): void;
    destroy(): void;
  }

  export default class Connection {
    constructor(options: {
      host: string;
      port: number;
      clientId: string;
      ssl: ConnectionOptions | null;
      sasl: object | null;
      connectionTimeout: number;
      requestTimeout: number;
      logger: Logger;
      socketFactory(target: { host: string; port: number; ssl: ConnectionOptions | null; onConnect(): void }): Socket;
    });
    readonly requestQueue: RequestQueue;
    /** ms, 64 bits wide; 0 for a session without end. */
    readonly sessionLifetime: { toString(): string };
    /** ms before the session's end from which on it counts as not authenticated. */
    reauthenticationThreshold: number;
    connect(): Promise<unknown>;
    authenticate(): Promise<void>;
    isConnected(): boolean;
    isAuthenticated(): boolean;
    /** API key to versions: what the SASL requests are chosen by. */
    setVersions(versions: Record<number, { minVersion: number; maxVersion: number }>): void;
    setSupportAuthenticationProtocol(isSupported: boolean): void;
    nextCorrelationId(): number;
    /** Called with whatever the socket has read. */
    processData(chunk: Buffer): void;
  }
}
