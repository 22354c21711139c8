import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import Connection from 'kafkajs/src/network/connection.js';
import { MskBackupError } from '../errors.ts';
import { type Address, formatAddress } from './address.ts';
import type { ApiRequest } from './client.ts';
import { oauthBearer, TokenRefusal } from './kafkajs-oauthbearer.ts';
import { requestHeader, skipResponseTags } from './protocol/header.ts';
import { ResponseAssembler } from './response-assembler.ts';
import type { ConnectionSecurity, SaslSettings } from './security/load-security.ts';

export interface ConnectionSettings extends ConnectionSecurity {
  clientId: string;
  /** ms, for the socket and TLS. */
  connectTimeoutMs: number;
  /** ms, from sending to the whole answer. */
  requestTimeoutMs: number;
}

/** Where requests wait while the broker has us throttled; the library's own value. */
const CHECK_PENDING_MS = 10;
const KEEP_ALIVE_MS = 60_000;
/**
 * In which last share of its lifetime a SASL session is renewed; Kafka's own client does it about then. Requests that are
 * under way, and those that a broker holds back because of a quota (seconds), have to be over before the session is.
 */
const RENEW_BEFORE_SHARE = 0.2;

const silent = { namespace: () => silent, debug() {}, info() {}, warn() {}, error() {} };

/** SASL requests (keys 17 and 36) in the versions that every supported broker knows; v1 tells the session's lifetime. */
const SASL_VERSIONS = { 17: { minVersion: 0, maxVersion: 1 }, 36: { minVersion: 0, maxVersion: 1 } };

/**
 * One connection to one broker, from opening to its end; a new one is made after that. The library carries the socket,
 * TLS, SASL with re-authentication, request time-outs and throttling; bodies are ours, and stay uncopied and undecoded.
 * All that is known of kafkajs is in this file and in kafkajs-oauthbearer.ts.
 */
export class BrokerConnection {
  readonly address: string;
  readonly #settings: ConnectionSettings;
  readonly #connection: Connection;
  readonly #assembler: ResponseAssembler;
  #socket: Socket | undefined;
  #opened: Promise<this> | undefined;
  #end: MskBackupError | undefined;
  #wasAuthenticated = false;
  /** A server that hangs up before it has answered anything is often spoken to in the wrong way. */
  #answers = 0;
  /** Of the requests in flight that say where their answer goes. */
  readonly #allocators = new Map<number, (bytes: number) => Buffer>();

  constructor(address: Address, settings: ConnectionSettings) {
    this.address = formatAddress(address);
    this.#settings = settings;
    this.#connection = new Connection({
      ...address,
      clientId: settings.clientId,
      ssl: settings.tls,
      sasl: settings.sasl && saslOf(settings.sasl),
      connectionTimeout: settings.connectTimeoutMs,
      requestTimeout: settings.requestTimeoutMs,
      logger: silent,
      socketFactory: (target) => this.#createSocket(target),
    });
    this.#connection.setVersions(SASL_VERSIONS);
    this.#connection.setSupportAuthenticationProtocol(true);
    this.#replaceTimer();
    this.#assembler = new ResponseAssembler(
      (correlationId, bytes) => this.#allocators.get(correlationId)?.(bytes) ?? Buffer.allocUnsafeSlow(bytes),
      (correlationId, payload) => {
        this.#allocators.delete(correlationId);
        this.#connection.requestQueue.fulfillRequest({ correlationId, payload, size: payload.length });
      },
    );
    // Where the socket hands out what it has read, which is with TLS.
    this.#connection.processData = (chunk) => this.#assembler.feed(chunk);
  }

  /** True once it has ended, or has failed to open: it will not serve another request. */
  get ended(): boolean {
    return this.#end !== undefined;
  }

  get open(): boolean {
    return this.#end === undefined && this.#connection.isConnected();
  }

  /**
   * Connects and authenticates, once.
   * @throws MskBackupError kind `connection`: `BROKER_UNREACHABLE`, `AUTHENTICATION_FAILED`
   */
  opened(): Promise<this> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  /**
   * @throws MskBackupError kind `connection`: `CONNECTION_LOST`, `BROKER_UNREACHABLE` when the answer does not come in
   * time (that ends the connection), `AUTHENTICATION_FAILED`, `SESSION_NOT_RENEWED` (the request was not sent; a new
   * connection may do); kind `data`: `MALFORMED_ANSWER`
   */
  async request<T>(request: ApiRequest<T>): Promise<T> {
    let answer: Buffer;
    try {
      await this.#authenticate();
      answer = await this.#exchange(request);
    } catch (reason) {
      throw this.#explain(reason, request);
    }
    this.#answers += 1;
    return this.#parse(request, answer);
  }

  /** Ends the connection at once. Requests that wait for an answer are rejected with the reason. */
  close(reason: MskBackupError): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    this.#connection.requestQueue.rejectAll(reason);
    this.#connection.requestQueue.destroy();
    // With an error, because that is how the library learns that a connection attempt is over.
    this.#socket?.destroy(reason);
  }

  async #open(): Promise<this> {
    try {
      await this.#connection.connect();
      await this.#authenticate();
      return this;
    } catch (reason) {
      const error = this.#end ?? this.#explainOpening(reason);
      this.close(error);
      throw error;
    }
  }

  /** Also renews a session (KIP-368) before it ends; requests that come meanwhile wait for it. */
  async #authenticate(): Promise<void> {
    const connection = this.#connection;
    if (this.#settings.sasl === null || connection.isAuthenticated()) return;
    if (this.#end !== undefined) throw this.#end;
    try {
      await connection.authenticate();
    } catch (reason) {
      if (!this.#wasAuthenticated || !isRefusal(reason)) throw reason;
      const error = this.#notRenewed(reason);
      this.close(error);
      throw error;
    }
    this.#wasAuthenticated = true;
    // The library renews a fixed time before the end. A session of less than that would be renewed for every request,
    // which brokers refuse when it happens within a second.
    const lifetimeMs = Number(connection.sessionLifetime.toString());
    // A whole number: the library makes a BigInt of it.
    connection.reauthenticationThreshold = Math.floor(lifetimeMs * RENEW_BEFORE_SHARE);
  }

  #createSocket(target: { host: string; port: number; ssl: ConnectionOptions | null; onConnect(): void }): Socket {
    const { host, port, ssl, onConnect } = target;
    const options = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
    const onread = {
      buffer: () => this.#assembler.target(),
      callback: (bytes: number) => {
        this.#assembler.advance(bytes);
        return true;
      },
    };
    const socket =
      ssl === null
        ? connectTcp({ ...options, onread }, onConnect)
        : connectTls({ ...options, ...(isIP(host) === 0 && { servername: host }), ...ssl }, onConnect);
    // The library hears of ends and errors; this also covers a socket that just closes.
    socket.once('close', () => this.close(this.#lost()));
    this.#socket = socket;
    return socket;
  }

  /**
   * The library's own version sets a timer after every answer, mostly to a time in the past, of which Node warns. One is
   * needed only while requests wait for a throttle to end.
   */
  #replaceTimer(): void {
    const queue = this.#connection.requestQueue;
    queue.scheduleCheckPendingRequests = () => {
      if (queue.pending.length === 0 || queue.throttleCheckTimeoutId !== null) return;
      const wait = Math.max(queue.throttledUntil - Date.now(), CHECK_PENDING_MS);
      queue.throttleCheckTimeoutId = setTimeout(() => {
        queue.throttleCheckTimeoutId = null;
        queue.checkPendingRequests();
      }, wait);
    };
  }

  #exchange(request: ApiRequest<unknown>): Promise<Buffer> {
    const { apiKey, apiName, apiVersion, flexible, body, brokerWaitMs = 0 } = request;
    const connection = this.#connection;
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      if (!this.open || socket === undefined) {
        reject(this.#end ?? this.#lost());
        return;
      }
      const correlationId = connection.nextCorrelationId();
      const header = requestHeader({ apiKey, apiVersion, flexible, body }, correlationId, this.#settings.clientId);
      connection.requestQueue.push({
        entry: { apiKey, apiName, apiVersion, correlationId, resolve: ({ payload }) => resolve(payload), reject },
        expectResponse: true,
        requestTimeout: this.#settings.requestTimeoutMs + brokerWaitMs,
        sendRequest: () => {
          if (request.allocate !== undefined) this.#allocators.set(correlationId, request.allocate);
          socket.cork();
          socket.write(header);
          for (const piece of body) socket.write(piece);
          socket.uncork();
        },
      });
    });
  }

  #parse<T>(request: ApiRequest<T>, answer: Buffer): T {
    let value: T;
    try {
      value = request.parse(request.flexible ? skipResponseTags(answer) : answer);
    } catch (cause) {
      if (cause instanceof MskBackupError) throw cause;
      throw new MskBackupError(
        'data',
        'MALFORMED_ANSWER',
        `${this.address} answered ${request.apiName} v${request.apiVersion} with bytes that cannot be read ` +
          `(${messageOf(cause)}): is this a Kafka broker?`,
        { cause },
      );
    }
    const { throttleTimeMs } = value as { throttleTimeMs?: number };
    if (throttleTimeMs !== undefined) this.#connection.requestQueue.maybeThrottle(throttleTimeMs);
    return value;
  }

  #explain(reason: unknown, { apiName }: ApiRequest<unknown>): MskBackupError {
    if (reason instanceof MskBackupError) return reason;
    if (nameOf(reason) === 'KafkaJSRequestTimeoutError') {
      const error = this.#unreachable(`no answer to ${apiName} within the request time-out`, reason);
      this.close(error);
      return error;
    }
    if (isRefusal(reason)) return this.#refused(reason);
    return this.#end ?? this.#lost(reason);
  }

  #explainOpening(reason: unknown): MskBackupError {
    if (reason instanceof MskBackupError) return reason;
    if (isRefusal(reason)) return this.#refused(reason);
    if (nameOf(reason) === 'KafkaJSRequestTimeoutError')
      return this.#unreachable('no answer while authenticating', reason);
    return this.#unreachable(reasonOf(reason), reason);
  }

  #unreachable(why: string, cause: unknown): MskBackupError {
    const message = `cannot reach ${this.address}: ${why}; ${adviceOn(why)}`;
    return new MskBackupError('connection', 'BROKER_UNREACHABLE', message, { cause });
  }

  #lost(cause?: unknown): MskBackupError {
    const why = nameOf(cause) === 'KafkaJSConnectionError' ? ` (${reasonOf(cause)})` : '';
    // A listener with SASL still answers the first request, which asks for its versions.
    const hint = this.#answers < 2 ? ': does the listener on this port expect TLS or SASL?' : '; run again';
    const message = `the connection to ${this.address} was lost${why}${hint}`;
    return new MskBackupError('connection', 'CONNECTION_LOST', message, { cause });
  }

  #refused(cause: unknown): MskBackupError {
    const message = `${this.address} refused to authenticate us: ${messageOf(cause)}`;
    // MSK's words for credentials that end within seconds: what gives them out has new ones then, so it passes.
    if (/session too short/i.test(message)) {
      return new MskBackupError(
        'connection',
        'BROKER_UNREACHABLE',
        `${message}; the AWS credentials are at their end`,
        {
          cause,
        },
      );
    }
    return new MskBackupError(
      'connection',
      'AUTHENTICATION_FAILED',
      `${message}; check ${this.#credentialsToCheck()}`,
      {
        cause,
      },
    );
  }

  /** As when the principal has another name than at the start of the connection: only a new one can have it. */
  #notRenewed(cause: unknown): MskBackupError {
    return new MskBackupError(
      'connection',
      'SESSION_NOT_RENEWED',
      `${this.address} refused to renew the session: ${messageOf(cause)}; check ${this.#credentialsToCheck()}`,
      { cause },
    );
  }

  #credentialsToCheck(): string {
    return this.#settings.sasl?.mechanism === 'OAUTHBEARER'
      ? 'kafka-cluster:Connect of the role, security.region and the clock'
      : 'mechanism, user name and password';
  }
}

/** In the library's words. It writes into the object. */
function saslOf(sasl: SaslSettings): object {
  if (sasl.mechanism !== 'OAUTHBEARER') return { ...sasl };
  return { mechanism: sasl.mechanism, authenticationProvider: oauthBearer(sasl.token) };
}

function nameOf(reason: unknown): string {
  return reason instanceof Error ? reason.name : '';
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

/** What Node says of the socket, without the library's words around it. */
function reasonOf(reason: unknown): string {
  return messageOf(reason)
    .replace(/^Connection error: /, '')
    .trim();
}

/** The broker said no, or proved not to know the password either. */
function isRefusal(reason: unknown): boolean {
  const name = nameOf(reason);
  return name === 'KafkaJSSASLAuthenticationError' || name === 'KafkaJSProtocolError' || reason instanceof TokenRefusal;
}

/** What to look at, by Node's words for a connection that did not come about. */
function adviceOn(why: string): string {
  if (/certificate|self.signed|issuer/i.test(why)) return 'check security.ssl_ca_location and the host name';
  if (/secure TLS|wrong version number|EPROTO/i.test(why)) return 'does the listener on this port expect TLS?';
  return 'check address, port, and what lies between (security group, DNS)';
}
