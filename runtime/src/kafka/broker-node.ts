import { hasCode, type MskBackupError } from '../errors.ts';
import type { ApiRequest, Broker } from './client.ts';
import { BrokerConnection, type ConnectionSettings } from './kafkajs-connection.ts';

type Lane = 'control' | 'fetch';

/** A broker at its address with a connection per lane, made when it is first asked for and again after it has ended. */
export class BrokerNode {
  readonly broker: Broker;
  readonly #settings: ConnectionSettings;
  readonly #lanes = new Map<Lane, BrokerConnection>();
  #closed: MskBackupError | undefined;

  constructor(broker: Broker, settings: ConnectionSettings) {
    this.broker = broker;
    this.#settings = settings;
  }

  get connected(): boolean {
    return this.#lanes.get('control')?.open ?? false;
  }

  /** @throws MskBackupError as `BrokerConnection.opened` does */
  async connection(lane: Lane): Promise<BrokerConnection> {
    if (this.#closed !== undefined) throw this.#closed;
    let connection = this.#lanes.get(lane);
    if (connection === undefined || connection.ended) {
      connection = new BrokerConnection(this.broker, this.#settings);
      this.#lanes.set(lane, connection);
    }
    return connection.opened();
  }

  /**
   * Sends over a connection that this node gave. One whose session the broker does not renew has ended without sending it:
   * then over a new one, which may log in as another principal.
   */
  async request<T>(connection: BrokerConnection, lane: Lane, request: ApiRequest<T>): Promise<T> {
    try {
      return await connection.request(request);
    } catch (reason) {
      if (!hasCode(reason, 'SESSION_NOT_RENEWED')) throw reason;
    }
    return (await this.connection(lane)).request(request);
  }

  /** Takes an open connection to the same address as its own; false when it has one already. */
  adopt(connection: BrokerConnection): boolean {
    if (this.connected) return false;
    this.#lanes.set('control', connection);
    return true;
  }

  close(reason: MskBackupError): void {
    this.#closed ??= reason;
    for (const connection of this.#lanes.values()) connection.close(reason);
  }
}
