import type { KafkaEndpoint } from '../config/job.ts';
import { MskBackupError } from '../errors.ts';
import { parseAddress } from './address.ts';
import { BrokerNode } from './broker-node.ts';
import type { ApiRequest, Broker, KafkaClient, ListedGroup, TopicConfigEntry, TopicToCreate } from './client.ts';
import { createTopics } from './create-topics.ts';
import { findGroupCoordinator, listGroups } from './groups.ts';
import { BrokerConnection, type ConnectionSettings } from './kafkajs-connection.ts';
import { type ApiVersionsResponse, apiVersionsRequest } from './protocol/api-versions.ts';
import { protocolError } from './protocol/error-codes.ts';
import { metadataRequest } from './protocol/metadata.ts';
import { interruption, UNREACHABLE } from './retry.ts';
import { loadSecurity } from './security/load-security.ts';
import { describeTopicConfigs } from './topic-configs.ts';

export interface KafkaClientOptions {
  /** Shown in the brokers' logs and quotas. Default `msk-backup`. */
  clientId?: string;
  /** Ends every request under way and every later one with a MskBackupError of kind `interrupted`. */
  signal?: AbortSignal;
}

/** A client of the cluster; connects on `connect`. Close it, or its connections keep the process alive. */
export function createKafkaClient(endpoint: KafkaEndpoint, options: KafkaClientOptions = {}): KafkaClient {
  return new KafkajsClient(endpoint, options);
}

class KafkajsClient implements KafkaClient {
  readonly #endpoint: KafkaEndpoint;
  readonly #clientId: string;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.#end(interruption(this.#signal));
  readonly #nodes = new Map<number, BrokerNode>();
  #settings: ConnectionSettings | undefined;
  #versions: ApiVersionsResponse['versions'] | undefined;
  /** Being connected to: has to be closed too. */
  #seed: BrokerConnection | undefined;
  #joining: Promise<void> | undefined;
  #refreshing: Promise<void> | undefined;
  #ended: MskBackupError | undefined;

  constructor(endpoint: KafkaEndpoint, { clientId = 'msk-backup', signal }: KafkaClientOptions) {
    this.#endpoint = endpoint;
    this.#clientId = clientId;
    this.#signal = signal;
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  async connect(): Promise<void> {
    this.#failIfEnded();
    this.#settings ??= {
      ...(await loadSecurity(this.#endpoint)),
      clientId: this.#clientId,
      connectTimeoutMs: this.#endpoint.connectTimeoutMs,
      requestTimeoutMs: this.#endpoint.requestTimeoutMs,
    };
    await this.#join();
  }

  async brokers(): Promise<Broker[]> {
    if (this.#nodes.size === 0) await this.refreshBrokers();
    return [...this.#nodes.values()].map(({ broker }) => broker);
  }

  refreshBrokers(): Promise<void> {
    this.#refreshing ??= this.sendToAny(metadataRequest([]))
      .then(({ brokers }) => this.#know(brokers))
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  async send<T>(nodeId: number, request: ApiRequest<T>, lane: 'control' | 'fetch' = 'control'): Promise<T> {
    this.#failIfEnded();
    this.#failIfNotOffered(request);
    let node = this.#nodes.get(nodeId) ?? (await this.#lookUp(nodeId));
    let connection: BrokerConnection;
    try {
      connection = await node.connection(lane);
    } catch (reason) {
      this.#failIfEnded();
      node = await this.#moved(node, reason);
      connection = await node.connection(lane);
    }
    return node.request(connection, lane, request);
  }

  /** The request may reach two brokers, when the first is lost before it answers. */
  async sendToAny<T>(request: ApiRequest<T>): Promise<T> {
    this.#failIfEnded();
    this.#failIfNotOffered(request);
    try {
      return await this.#tryNodes(request);
    } catch (reason) {
      if (!isConnectionFailure(reason) || this.#ended !== undefined) throw this.#ended ?? reason;
    }
    // Every known broker is gone: perhaps all have moved, and the bootstrap servers know where to.
    await this.#join();
    return this.#tryNodes(request);
  }

  groupCoordinator(groupId: string): Promise<number> {
    return findGroupCoordinator(this, groupId, this.#signal);
  }

  listGroups(): Promise<ListedGroup[]> {
    return listGroups(this, this.#signal);
  }

  createTopics(topics: TopicToCreate[]): Promise<void> {
    return createTopics(this, topics, this.#signal);
  }

  describeTopicConfigs(topics: string[]): Promise<Map<string, TopicConfigEntry[]>> {
    return describeTopicConfigs(this, topics, this.#signal);
  }

  async close(): Promise<void> {
    this.#end(new MskBackupError('connection', 'CLIENT_CLOSED', 'the connection to Kafka was closed by this program'));
  }

  #end(reason: MskBackupError): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#ended ??= reason;
    this.#seed?.close(this.#ended);
    for (const node of this.#nodes.values()) node.close(this.#ended);
  }

  /** Goes through the bootstrap servers until one tells of the cluster; callers at the same time share one attempt. */
  #join(): Promise<void> {
    this.#joining ??= this.#joinFirst().finally(() => {
      this.#joining = undefined;
    });
    return this.#joining;
  }

  async #joinFirst(): Promise<void> {
    const addresses = this.#endpoint.bootstrapServers.map(parseAddress);
    const failures: MskBackupError[] = [];
    for (const address of addresses) {
      const seed = new BrokerConnection(address, this.#connectionSettings());
      this.#seed = seed;
      try {
        await seed.opened();
        const { errorCode, versions } = await seed.request(apiVersionsRequest());
        if (errorCode !== 0) throw protocolError(errorCode, `${seed.address} does not tell its versions`);
        this.#versions = versions;
        this.#failIfNotOffered(metadataRequest([]));
        const { brokers } = await seed.request(metadataRequest([]));
        this.#know(brokers);
        const itself = [...this.#nodes.values()].find(
          ({ broker }) => broker.host === address.host && broker.port === address.port,
        );
        if (itself === undefined || !itself.adopt(seed)) seed.close(retired(seed.address));
        return;
      } catch (reason) {
        this.#failIfEnded();
        if (!(reason instanceof MskBackupError)) throw reason;
        seed.close(reason);
        failures.push(reason);
      } finally {
        this.#seed = undefined;
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length === 0) {
      throw new MskBackupError(
        'connection',
        'CLUSTER_UNREACHABLE',
        'the cluster names no broker that is ready: wait until its brokers are up, and run again',
      );
    }
    throw new MskBackupError(
      failures.some(({ kind }) => kind === 'connection') ? 'connection' : failures[0]!.kind,
      failures.every(({ code }) => code === failures[0]!.code) ? failures[0]!.code : 'CLUSTER_UNREACHABLE',
      `none of the ${failures.length} bootstrap servers can be used: ${failures.map(({ message }) => message).join('; ')}`,
      { cause: new AggregateError(failures) },
    );
  }

  /** Takes over what the cluster says of its brokers: new ones come, moved ones get new connections, others go. */
  #know(brokers: Broker[]): void {
    if (this.#ended !== undefined || brokers.length === 0) return;
    const current = new Map(brokers.map((broker) => [broker.nodeId, broker]));
    for (const [nodeId, node] of this.#nodes) {
      const { host, port } = node.broker;
      const now = current.get(nodeId);
      if (now?.host === host && now.port === port) continue;
      node.close(retired(`broker ${nodeId} (${host}:${port})`));
      this.#nodes.delete(nodeId);
    }
    for (const broker of brokers) {
      if (!this.#nodes.has(broker.nodeId)) {
        this.#nodes.set(broker.nodeId, new BrokerNode(broker, this.#connectionSettings()));
      }
    }
  }

  async #lookUp(nodeId: number): Promise<BrokerNode> {
    await this.refreshBrokers();
    const node = this.#nodes.get(nodeId);
    if (node !== undefined) return node;
    throw new MskBackupError(
      'connection',
      'BROKER_UNREACHABLE',
      `broker ${nodeId} is not part of the cluster now (its brokers: ${[...this.#nodes.keys()].join(', ')})`,
    );
  }

  /** After a failure to connect: the broker at its new address. Throws the failure when there is none. */
  async #moved(node: BrokerNode, failure: unknown): Promise<BrokerNode> {
    if (!isConnectionFailure(failure)) throw failure;
    await this.refreshBrokers().catch(() => {});
    const successor = this.#nodes.get(node.broker.nodeId);
    if (successor === undefined || successor === node) throw failure;
    return successor;
  }

  async #tryNodes<T>(request: ApiRequest<T>): Promise<T> {
    const connected = [...this.#nodes.values()].filter(({ connected }) => connected);
    const others = [...this.#nodes.values()].filter(({ connected }) => !connected);
    const failures: MskBackupError[] = [];
    for (const node of [...connected, ...others]) {
      try {
        const connection = await node.connection('control');
        return await node.request(connection, 'control', request);
      } catch (reason) {
        if (!isConnectionFailure(reason) || this.#ended !== undefined) throw this.#ended ?? reason;
        failures.push(reason);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length === 0) {
      throw new MskBackupError(
        'connection',
        'CLUSTER_UNREACHABLE',
        'the cluster names no broker that is ready: wait until its brokers are up, and run again',
      );
    }
    throw new MskBackupError(
      'connection',
      'CLUSTER_UNREACHABLE',
      `none of the cluster's ${failures.length} brokers can be reached: ${failures.map(({ message }) => message).join('; ')}`,
      { cause: new AggregateError(failures) },
    );
  }

  #connectionSettings(): ConnectionSettings {
    if (this.#settings === undefined) throw new Error('the Kafka client is used before connect()');
    return this.#settings;
  }

  #failIfEnded(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  #failIfNotOffered({ apiName, apiKey, apiVersion }: ApiRequest<unknown>): void {
    const offered = this.#versions?.get(apiKey);
    if (this.#versions === undefined || (offered && offered.min <= apiVersion && apiVersion <= offered.max)) return;
    throw new MskBackupError(
      'configuration',
      'UNSUPPORTED_VERSION',
      `the cluster does not offer ${apiName} v${apiVersion} ` +
        `(${offered === undefined ? 'not at all' : `v${offered.min} to v${offered.max}`}): Kafka 2.8 or newer is needed`,
    );
  }
}

function isConnectionFailure(reason: unknown): reason is MskBackupError {
  return reason instanceof MskBackupError && UNREACHABLE.includes(reason.code);
}

function retired(what: string): MskBackupError {
  return new MskBackupError('connection', 'CONNECTION_LOST', `${what} is not at this address any more`);
}
