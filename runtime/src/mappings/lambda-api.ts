import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateEventSourceMappingCommand,
  type CreateEventSourceMappingRequest,
  DeleteEventSourceMappingCommand,
  type EventSourceMappingConfiguration,
  GetEventSourceMappingCommand,
  LambdaClient,
  type LambdaClientConfig,
  ListEventSourceMappingsCommand,
  ListTagsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { MskBackupError } from '../errors.ts';
import { isBusy, isNotFound, type LambdaRequest, lambdaError } from './lambda-errors.ts';
import { namesFunction } from './lambda-names.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const STALL_TIMEOUT_MS = 30_000;
/** Without one the SDK writes hints to the console. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** A mapping as it is now. */
export interface EventSourceMapping {
  uuid: string;
  arn: string;
  /** With the version or alias that it invokes. */
  functionArn: string;
  /** Of the MSK cluster; undefined for sources without an ARN, such as a self-managed Kafka. */
  eventSourceArn?: string;
  topics: string[];
  /** `Creating`, `Enabling`, `Enabled`, `Disabling`, `Disabled`, `Updating` or `Deleting`. */
  state: string;
  stateTransitionReason?: string;
  /** Such as `No records processed`, `OK`, `PROBLEM: Connection error. …`. */
  lastProcessingResult?: string;
  /** The group it reads with, chosen or made by Lambda; undefined when Lambda does not tell. */
  consumerGroupId?: string;
  /** All of Lambda's answer. */
  settings: EventSourceMappingConfiguration;
}

export interface LambdaPlace {
  /** Undefined: the environment's or the profile's. */
  region?: string;
  /** URL of the API, for tests and private endpoints. */
  endpoint?: string;
}

export interface LambdaTiming {
  /** Of a request, when there were too many, the answer is 5xx or the connection breaks. The SDK makes the pauses: up to 20 s in all. */
  attempts: number;
  /** Before the second look; it doubles with each. */
  firstPauseMs: number;
  longestPauseMs: number;
  /** Lambda takes up to some minutes to make a mapping for MSK, or to stop one. */
  patienceMs: number;
  /** How long a state is taken for an old one that Lambda still shows. */
  staleMs: number;
}

const TIMING: LambdaTiming = {
  attempts: 6,
  firstPauseMs: 250,
  longestPauseMs: 10_000,
  patienceMs: 15 * 60_000,
  staleMs: 60_000,
};

/** What a mapping can be waited for. `at rest`: Enabled or Disabled; `gone`: its deletion is over. */
export type AwaitedState = 'Disabled' | 'Enabled' | 'at rest' | 'gone';

/** Lambda's API for event source mappings in one region, with AWS's default credentials. Errors: see `lambdaError`. */
export function lambdaApi(place: LambdaPlace, timing: LambdaTiming = TIMING): LambdaApi {
  return new LambdaApi(place, timing);
}

export class LambdaApi {
  readonly #client: LambdaClient;
  readonly #place: LambdaPlace;
  readonly #timing: LambdaTiming;

  /** Use `lambdaApi`. */
  constructor(place: LambdaPlace, timing: LambdaTiming) {
    const config: LambdaClientConfig = {
      maxAttempts: timing.attempts,
      logger: SILENT,
      requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: STALL_TIMEOUT_MS },
    };
    if (place.region !== undefined) config.region = place.region;
    if (place.endpoint !== undefined) config.endpoint = place.endpoint;
    this.#client = new LambdaClient(config);
    this.#place = place;
    this.#timing = timing;
  }

  /** For messages: the region, and the endpoint where one is set. */
  get where(): string {
    const { region = process.env.AWS_REGION ?? 'the default region', endpoint } = this.#place;
    return endpoint === undefined ? region : `${region} at ${endpoint}`;
  }

  /** @returns undefined when Lambda knows no such mapping in this region */
  async get(uuid: string, signal?: AbortSignal): Promise<EventSourceMapping | undefined> {
    const request = { action: 'lambda:GetEventSourceMapping', about: mappingName(uuid) };
    try {
      const command = new GetEventSourceMappingCommand({ UUID: uuid });
      return toMapping(await this.#send(() => this.#client.send(command, { abortSignal: signal }), request, signal));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw lambdaError(error, request, this.where);
    }
  }

  /**
   * All mappings, of one event source, or of one function: a name or an ARN, whole or partial; without a version or alias those
   * of every one. Encrypted filter criteria are missing here: `get` has them.
   */
  async list(
    filter: { functionName?: string; eventSourceArn?: string } = {},
    signal?: AbortSignal,
  ): Promise<EventSourceMapping[]> {
    const request = { action: 'lambda:ListEventSourceMappings', about: 'list of the event source mappings' };
    const found: EventSourceMapping[] = [];
    let marker: string | undefined;
    do {
      // Lambda's own filter by function tells only of the version or alias that was named: sorted out here.
      const command = new ListEventSourceMappingsCommand({ EventSourceArn: filter.eventSourceArn, Marker: marker });
      const page = await this.#told(() => this.#client.send(command, { abortSignal: signal }), request, signal);
      found.push(...(page.EventSourceMappings ?? []).map(toMapping));
      marker = page.NextMarker || undefined;
    } while (marker !== undefined);
    const { functionName } = filter;
    return functionName === undefined ? found : found.filter((it) => namesFunction(functionName, it.functionArn));
  }

  /** Asks Lambda to stop reading; `waitForState` tells when it has. Waits while the mapping is in transition. */
  async disable(uuid: string, signal?: AbortSignal): Promise<void> {
    await this.#setEnabled(uuid, false, signal);
  }

  async enable(uuid: string, signal?: AbortSignal): Promise<void> {
    await this.#setEnabled(uuid, true, signal);
  }

  async #setEnabled(uuid: string, enabled: boolean, signal?: AbortSignal): Promise<void> {
    const request = { action: 'lambda:UpdateEventSourceMapping', about: mappingName(uuid) };
    const command = new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: enabled });
    await this.#whenFree(() => this.#client.send(command, { abortSignal: signal }), request, signal);
  }

  /** Nothing happens when there is no such mapping. */
  async delete(uuid: string, signal?: AbortSignal): Promise<void> {
    const request = { action: 'lambda:DeleteEventSourceMapping', about: mappingName(uuid) };
    const command = new DeleteEventSourceMappingCommand({ UUID: uuid });
    const send = async () => {
      try {
        await this.#client.send(command, { abortSignal: signal });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    };
    await this.#whenFree(send, request, signal);
  }

  /** @throws MskBackupError `LAMBDA_CONFLICT` when the function reads the topic of that cluster already, or the group is taken */
  async create(input: CreateEventSourceMappingRequest, signal?: AbortSignal): Promise<EventSourceMapping> {
    const tagged = Object.keys(input.Tags ?? {}).length > 0;
    const request = {
      action: tagged ? 'lambda:CreateEventSourceMapping and lambda:TagResource' : 'lambda:CreateEventSourceMapping',
      about: `new event source mapping of ${input.FunctionName}`,
    };
    const command = new CreateEventSourceMappingCommand(input);
    return toMapping(await this.#told(() => this.#client.send(command, { abortSignal: signal }), request, signal));
  }

  async tags(arn: string, signal?: AbortSignal): Promise<Record<string, string>> {
    const request = { action: 'lambda:ListTags', about: arn };
    const command = new ListTagsCommand({ Resource: arn });
    const { Tags } = await this.#told(() => this.#client.send(command, { abortSignal: signal }), request, signal);
    return Tags ?? {};
  }

  /**
   * Looks with growing pauses until the mapping is in the state.
   * @param mayBeStale it may still be shown in a state at rest that it is leaving; a mapping that was just made is in none
   * @returns the mapping; undefined when it is gone
   * @throws MskBackupError kind `connection`, `MAPPING_STATE`, when it comes to rest in another state or takes longer than
   *   15 minutes; kind `configuration`, `MAPPING_GONE`, when it is not there
   */
  async waitForState(
    uuid: string,
    wanted: AwaitedState,
    signal?: AbortSignal,
    mayBeStale = true,
  ): Promise<EventSourceMapping | undefined> {
    const pauses = new Pauses(this.#timing, signal);
    let moved = !mayBeStale;
    for (;;) {
      const mapping = await this.get(uuid, signal);
      if (mapping === undefined) {
        if (wanted === 'gone') return undefined;
        const text = `${mappingName(uuid)} in ${this.where} is not there, and was to be ${wanted}: was it deleted meanwhile?`;
        throw new MskBackupError('configuration', 'MAPPING_GONE', text);
      }
      const resting = mapping.state === 'Enabled' || mapping.state === 'Disabled';
      if (mapping.state === wanted || (resting && wanted === 'at rest')) return mapping;
      if (!resting) moved = true;
      // A state at rest is the end, except before Lambda has begun.
      const ended = resting && (moved || pauses.waitedMs > this.#timing.staleMs);
      if (ended || !(await pauses.pause())) throw this.#notReached(mapping, wanted, pauses.waitedMs);
    }
  }

  close(): void {
    this.#client.destroy();
  }

  #notReached(mapping: EventSourceMapping, wanted: AwaitedState, waitedMs: number): MskBackupError {
    const { uuid, state, stateTransitionReason, lastProcessingResult } = mapping;
    const reasons = [stateTransitionReason, lastProcessingResult].filter((it) => it !== undefined && it !== '');
    const said = reasons.length === 0 ? 'no reason is given' : `Lambda says: ${reasons.join('; ')}`;
    const seconds = Math.round(waitedMs / 1000);
    return new MskBackupError(
      'connection',
      'MAPPING_STATE',
      `${mappingName(uuid)} in ${this.where} is ${state} and not ${wanted} after ${seconds} s; ${said}`,
    );
  }

  /** Repeats a request while the mapping is in transition. */
  async #whenFree<T>(send: () => Promise<T>, request: LambdaRequest, signal?: AbortSignal): Promise<T> {
    const pauses = new Pauses(this.#timing, signal);
    for (;;) {
      try {
        return await this.#send(send, request, signal);
      } catch (error) {
        if (!isBusy(error) || !(await pauses.pause())) throw lambdaError(error, request, this.where);
      }
    }
  }

  async #told<T>(send: () => Promise<T>, request: LambdaRequest, signal?: AbortSignal): Promise<T> {
    try {
      return await this.#send(send, request, signal);
    } catch (error) {
      throw lambdaError(error, request, this.where);
    }
  }

  /** The signal's end of a request as what it is. */
  async #send<T>(send: () => Promise<T>, { about }: LambdaRequest, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) throw interruption(signal, about);
    try {
      return await send();
    } catch (error) {
      if (signal?.aborted) throw interruption(signal, about);
      throw error;
    }
  }
}

/** Pauses that double, until patience ends. */
class Pauses {
  waitedMs = 0;
  readonly #timing: LambdaTiming;
  readonly #signal: AbortSignal | undefined;
  #pauseMs: number;

  constructor(timing: LambdaTiming, signal?: AbortSignal) {
    this.#timing = timing;
    this.#signal = signal;
    this.#pauseMs = timing.firstPauseMs;
  }

  /** False, at once, when patience has ended. @throws MskBackupError kind `interrupted` on the signal */
  async pause(): Promise<boolean> {
    if (this.waitedMs + this.#pauseMs > this.#timing.patienceMs) return false;
    const started = Date.now();
    await sleep(this.#pauseMs, undefined, { signal: this.#signal }).catch(() => {
      throw interruption(this.#signal, 'waiting for an event source mapping');
    });
    this.waitedMs += Math.max(this.#pauseMs, Date.now() - started);
    this.#pauseMs = Math.min(2 * this.#pauseMs, this.#timing.longestPauseMs);
    return true;
  }
}

function interruption(signal: AbortSignal | undefined, what: string): MskBackupError {
  if (signal?.reason instanceof MskBackupError) return signal.reason;
  return new MskBackupError('interrupted', 'INTERRUPTED', `stopped at Lambda, ${what}`);
}

export function mappingName(uuid: string): string {
  return `event source mapping ${uuid}`;
}

function toMapping(settings: EventSourceMappingConfiguration): EventSourceMapping {
  const { UUID = '', FunctionArn = '', EventSourceArn, State = '', StateTransitionReason } = settings;
  const { LastProcessingResult, AmazonManagedKafkaEventSourceConfig, EventSourceMappingArn } = settings;
  const consumerGroupId = AmazonManagedKafkaEventSourceConfig?.ConsumerGroupId;
  return {
    uuid: UUID,
    arn: EventSourceMappingArn ?? arnBeside(FunctionArn, UUID),
    functionArn: FunctionArn,
    ...(EventSourceArn !== undefined && { eventSourceArn: EventSourceArn }),
    topics: settings.Topics ?? [],
    state: State,
    ...(StateTransitionReason !== undefined && { stateTransitionReason: StateTransitionReason }),
    ...(LastProcessingResult !== undefined && { lastProcessingResult: LastProcessingResult }),
    ...(consumerGroupId !== undefined && { consumerGroupId }),
    settings,
  };
}

/** `arn:aws:lambda:REGION:ACCOUNT:event-source-mapping:UUID`, where Lambda does not tell it. */
function arnBeside(functionArn: string, uuid: string): string {
  return `${functionArn.split(':').slice(0, 5).join(':')}:event-source-mapping:${uuid}`;
}
