import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECSClient } from '@aws-sdk/client-ecs';

export interface EcsPlace {
  /** Default: the environment's or the profile's. */
  region?: string;
}

const CONNECT_TIMEOUT_MS = 5_000;
const STALL_TIMEOUT_MS = 30_000;
/** Without one the SDK writes hints to the console. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** Clients with AWS's default credentials. Too many requests and answers of 5xx are repeated, with growing pauses. */
export class EcsApi {
  readonly ecs: ECSClient;
  readonly #place: EcsPlace;
  readonly #logs = new Map<string, CloudWatchLogsClient>();

  constructor(place: EcsPlace = {}) {
    this.#place = place;
    this.ecs = new ECSClient(configOf(place.region));
  }

  /** @param region of the log group; default that of the tasks */
  logs(region: string | undefined): CloudWatchLogsClient {
    const key = region ?? '';
    let client = this.#logs.get(key);
    if (client === undefined) {
      client = new CloudWatchLogsClient(configOf(region ?? this.#place.region));
      this.#logs.set(key, client);
    }
    return client;
  }

  close(): void {
    this.ecs.destroy();
    for (const client of this.#logs.values()) client.destroy();
  }
}

function configOf(region: string | undefined) {
  return {
    maxAttempts: 6,
    logger: SILENT,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: STALL_TIMEOUT_MS },
    ...(region !== undefined && { region }),
  };
}
