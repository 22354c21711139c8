/**
 * Lambda's REST API for event source mappings of MSK topics, as https://docs.aws.amazon.com/lambda/latest/api/ documents it: paths,
 * states and their transitions, errors, paging, encrypted filters. It checks what it is asked for as Lambda does, and can be
 * told to refuse, to delay and to break off.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const ACCESS_KEY = 'AKIATESTKEYOFLAMBDA1';
export const SECRET_KEY = 'secret/of/the/lambda/tests+0123456789abc';

export type Action = 'Create' | 'Delete' | 'Get' | 'List' | 'ListTags' | 'Update';

type Json = Record<string, unknown>;

export interface Refusal {
  status: number;
  /** Such as `AccessDeniedException`. */
  name: string;
  message: string;
  headers?: Record<string, string>;
}

type Decide = (action: Action) => Refusal | undefined | Promise<Refusal | undefined>;

export interface ServedMapping extends Json {
  UUID: string;
  FunctionArn: string;
  EventSourceArn: string;
  Topics: string[];
  State: string;
}

export interface LambdaServerOptions {
  region?: string;
  /** What each transition takes. */
  transitionMs?: number;
  /** Functions that exist, by name; each has the aliases `live` and `PROD`. */
  functions?: string[];
  /** What Lambda says is the group of a mapping that names none. */
  defaultGroup?: (uuid: string) => string | undefined;
  port?: number;
}

const ACCOUNT = '123456789012';
const IN_TRANSITION = ['Creating', 'Enabling', 'Disabling', 'Updating', 'Deleting'];
const SETTINGS = [
  'BatchSize',
  'BisectBatchOnFunctionError',
  'DestinationConfig',
  'FilterCriteria',
  'FunctionResponseTypes',
  'KMSKeyArn',
  'LoggingConfig',
  'MaximumBatchingWindowInSeconds',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'MetricsConfig',
  'ProvisionedPollerConfig',
  'SourceAccessConfigurations',
];
const CREATE_ONLY = [
  'AmazonManagedKafkaEventSourceConfig',
  'EventSourceArn',
  'StartingPosition',
  'StartingPositionTimestamp',
  'Tags',
  'Topics',
];

export class LambdaServer {
  readonly region: string;
  /** Of every request that was carried out or refused, in order. */
  readonly requests: { action: Action; uuid?: string; body: Json }[] = [];
  readonly mappings = new Map<string, ServedMapping>();
  readonly #tags = new Map<string, Record<string, string>>();
  readonly #options: Required<Omit<LambdaServerOptions, 'port'>>;
  readonly #server: Server;
  readonly #refusals: { action: Action | undefined; refusal: Refusal; left: number }[] = [];
  readonly #hidden = new Set<string>();
  readonly #endings: { state: string; reason: string }[] = [];
  #stuck = false;
  #lose: Action | undefined;
  #unanswered: { action: Action; carriedOut: () => void } | undefined;
  #held: { action: Action; arrived: () => void } | undefined;
  #beforeEach: Decide | undefined;

  private constructor(options: LambdaServerOptions) {
    this.region = options.region ?? 'eu-west-1';
    this.#options = {
      region: this.region,
      transitionMs: options.transitionMs ?? 30,
      functions: options.functions ?? ['order-processor'],
      defaultGroup: options.defaultGroup ?? ((uuid) => `amazon.lambda.${uuid}`),
    };
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(options: LambdaServerOptions = {}): Promise<LambdaServer> {
    const server = new LambdaServer(options);
    await new Promise<void>((resolve) => server.#server.listen(options.port ?? 0, '127.0.0.1', resolve));
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  functionArn(name: string): string {
    return `arn:aws:lambda:${this.region}:${ACCOUNT}:function:${name}`;
  }

  clusterArn(name: string): string {
    return `arn:aws:kafka:${this.region}:${ACCOUNT}:cluster/${name}/0b1c2d3e-aaaa-bbbb-cccc-0123456789ab-7`;
  }

  /** A mapping that is there from the start. `group`: chosen by its maker. */
  add(given: Partial<ServedMapping> & { tags?: Record<string, string> } = {}): ServedMapping {
    const { tags = {}, ...settings } = given;
    const uuid = randomUUID();
    const group = this.#options.defaultGroup(uuid);
    const mapping: ServedMapping = {
      UUID: uuid,
      EventSourceMappingArn: this.#mappingArn(uuid),
      FunctionArn: this.functionArn('order-processor'),
      EventSourceArn: this.clusterArn('shop'),
      Topics: ['orders'],
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 0,
      StartingPosition: 'TRIM_HORIZON',
      State: 'Enabled',
      StateTransitionReason: 'USER_INITIATED',
      LastProcessingResult: 'OK',
      LastModified: Date.now() / 1000,
      ...(group !== undefined && { AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: group } }),
      ...settings,
    };
    this.mappings.set(uuid, mapping);
    this.#tags.set(this.#mappingArn(uuid), tags);
    return mapping;
  }

  tagsOf(uuid: string): Record<string, string> {
    return this.#tags.get(this.#mappingArn(uuid)) ?? {};
  }

  /** The only mapping there is. */
  only(): ServedMapping {
    if (this.mappings.size !== 1) throw new Error(`there are ${this.mappings.size} mappings`);
    return [...this.mappings.values()][0]!;
  }

  /** Answers the next requests of an action (of any, when undefined) with an error. */
  refuse(action: Action | undefined, refusal: Refusal, times = 1): void {
    this.#refusals.push({ action, refusal, left: times });
  }

  throttle(times: number): void {
    this.refuse(undefined, { status: 429, name: 'TooManyRequestsException', message: 'Rate exceeded' }, times);
  }

  /** Decides before each request whether it is refused. */
  beforeEach(decide: Decide | undefined): void {
    this.#beforeEach = decide;
  }

  /** The next transition ends in this state, whatever was asked for. */
  endNextIn(state: string, reason: string): void {
    this.#endings.push({ state, reason });
  }

  /** Transitions do not end any more. */
  stick(): void {
    this.#stuck = true;
  }

  /** The filters of an encrypted mapping cannot be decrypted by the caller. */
  hideFilters(uuid: string): void {
    this.#hidden.add(uuid);
  }

  /** Carries the next request of the action out, and breaks the connection instead of answering. */
  loseAnswer(action: Action): void {
    this.#lose = action;
  }

  /** Neither carries the next request of the action out nor answers it. Resolves when it has come. */
  hold(action: Action): Promise<void> {
    return new Promise((arrived) => {
      this.#held = { action, arrived };
    });
  }

  /** Carries the next request of the action out, and does not answer it. Resolves when it is carried out. */
  holdAnswer(action: Action): Promise<void> {
    return new Promise((carriedOut) => {
      this.#unanswered = { action, carriedOut };
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readAll(request);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://lambda');
    const [, version, resource, ...rest] = pathname.replace(/\/$/, '').split('/');
    const uuid = rest.length === 0 ? undefined : decodeURIComponent(rest.join('/'));
    const action = actionOf(request.method ?? '', `${version}/${resource}`, uuid);
    if (action === undefined) return send(response, 404, { Message: `no route for ${request.method} ${pathname}` });
    if (this.#held?.action === action) {
      this.#held.arrived();
      this.#held = undefined;
      return;
    }
    const body = text === '' ? {} : (JSON.parse(text) as Json);
    this.requests.push({ action, ...(uuid !== undefined && { uuid }), body });
    try {
      this.#authorize(request);
      await this.#refuseAsTold(action);
      const answer = this.#carryOut(action, uuid, body, searchParams);
      if (this.#unanswered?.action === action) {
        this.#unanswered.carriedOut();
        this.#unanswered = undefined;
        return;
      }
      if (this.#lose === action) {
        this.#lose = undefined;
        request.socket.destroy();
        return;
      }
      send(response, action === 'Get' || action === 'List' || action === 'ListTags' ? 200 : 202, answer);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { status, name, message, headers } = error.refusal;
      send(response, status, { Type: 'User', Message: message }, { 'x-amzn-errortype': name, ...headers });
    }
  }

  #authorize(request: IncomingMessage): void {
    const key = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1];
    if (key === undefined) refuse(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
    if (key !== ACCESS_KEY) {
      refuse(403, 'UnrecognizedClientException', 'The security token included in the request is invalid.');
    }
  }

  async #refuseAsTold(action: Action): Promise<void> {
    const decided = await this.#beforeEach?.(action);
    if (decided !== undefined) throw new Refused(decided);
    const told = this.#refusals.find((it) => it.left > 0 && (it.action === undefined || it.action === action));
    if (told === undefined) return;
    told.left--;
    throw new Refused(told.refusal);
  }

  #carryOut(action: Action, uuid: string | undefined, body: Json, query: URLSearchParams): Json {
    switch (action) {
      case 'Create':
        return this.#create(body);
      case 'List':
        return this.#list(query);
      case 'ListTags':
        return { Tags: this.#tags.get(uuid!) ?? notFound(uuid!) };
      case 'Get':
        return this.#shown(this.#mapping(uuid!));
      case 'Update':
        return this.#update(this.#mapping(uuid!), body);
      case 'Delete':
        return this.#delete(this.#mapping(uuid!));
    }
  }

  #create(body: Json): Json {
    const { FunctionName, EventSourceArn, Topics, StartingPosition, StartingPositionTimestamp, Enabled, Tags } = body;
    const { AmazonManagedKafkaEventSourceConfig: kafka, ...settings } = body;
    const known = ['FunctionName', 'Enabled', ...SETTINGS, ...CREATE_ONLY];
    for (const member of Object.keys(body)) {
      if (!known.includes(member)) invalid(`Unsupported parameter for this event source: ${member}`);
    }
    const functionArn = this.#existingFunction(FunctionName);
    if (!/^arn:aws:kafka:/.test(String(EventSourceArn))) invalid('Unrecognized event source.');
    if (!Array.isArray(Topics) || Topics.length !== 1) invalid('Exactly one topic must be given.');
    if (!['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'].includes(String(StartingPosition))) {
      invalid('1 validation error detected: StartingPosition must not be null for Amazon MSK.');
    }
    const atTimestamp = StartingPosition === 'AT_TIMESTAMP';
    if (atTimestamp !== (StartingPositionTimestamp !== undefined)) {
      invalid('StartingPositionTimestamp goes with StartingPosition AT_TIMESTAMP, and only with it.');
    }
    if (Number(StartingPositionTimestamp ?? 0) * 1000 > Date.now()) {
      invalid('StartingPositionTimestamp cannot be in the future.');
    }
    this.#checkSettings(settings);
    if (Object.keys((Tags as Json | undefined) ?? {}).some((key) => key.startsWith('aws:'))) {
      invalid('aws: prefixed tag key names are not allowed for external use.');
    }
    const { ConsumerGroupId: group } = (kafka ?? {}) as { ConsumerGroupId?: string };
    if (group !== undefined && !/^[a-zA-Z0-9\-/*:_+=.@]{1,200}$/.test(group)) invalid('ConsumerGroupId is not valid.');
    for (const other of this.mappings.values()) {
      const same = other.FunctionArn === functionArn && other.EventSourceArn === EventSourceArn;
      if (same && other.Topics[0] === (Topics as string[])[0]) {
        refuse(
          409,
          'ResourceConflictException',
          `An event source mapping with event source arn ("${EventSourceArn}"), function ("${functionArn}") and topic already exists. Please update or delete the existing mapping with UUID ${other.UUID}`,
        );
      }
      if (group !== undefined && groupOf(other) === group) {
        refuse(
          409,
          'ResourceConflictException',
          `The consumer group ID ${group} is used by the mapping with UUID ${other.UUID}`,
        );
      }
    }
    const uuid = randomUUID();
    const given = Object.fromEntries(
      Object.entries(body).filter(([member]) => SETTINGS.includes(member) || CREATE_ONLY.includes(member)),
    );
    const { Tags: _, ...members } = given;
    const defaultGroup = this.#options.defaultGroup(uuid);
    const chosen = group ?? defaultGroup;
    const mapping: ServedMapping = {
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 0,
      MaximumRecordAgeInSeconds: -1,
      MaximumRetryAttempts: -1,
      BisectBatchOnFunctionError: false,
      FunctionResponseTypes: [],
      DestinationConfig: { OnFailure: {} },
      ...members,
      AmazonManagedKafkaEventSourceConfig: {
        ...(kafka as Json),
        ...(chosen !== undefined && { ConsumerGroupId: chosen }),
      },
      UUID: uuid,
      EventSourceMappingArn: this.#mappingArn(uuid),
      FunctionArn: functionArn,
      EventSourceArn: String(EventSourceArn),
      Topics: Topics as string[],
      State: 'Creating',
      StateTransitionReason: 'USER_INITIATED',
      LastProcessingResult: 'No records processed',
      LastModified: Date.now() / 1000,
    };
    this.mappings.set(uuid, mapping);
    this.#tags.set(this.#mappingArn(uuid), (Tags as Record<string, string> | undefined) ?? {});
    this.#move(mapping, 'Creating', Enabled === false ? 'Disabled' : 'Enabled');
    return this.#shown(mapping);
  }

  #list(query: URLSearchParams): Json {
    const size = Math.min(Number(query.get('MaxItems') ?? 100), 100);
    const start = Number(query.get('Marker') ?? 0);
    const source = query.get('EventSourceArn');
    const name = query.get('FunctionName');
    const all = [...this.mappings.values()].filter(
      (it) =>
        (source === null || it.EventSourceArn === source) &&
        // Only of the version or alias that is named.
        (name === null || it.FunctionArn === name || it.FunctionArn === this.functionArn(name)),
    );
    const page = all.slice(start, start + size).map((it) => {
      const shown = this.#shown(it);
      return it.KMSKeyArn === undefined ? shown : { ...shown, FilterCriteria: null };
    });
    return {
      EventSourceMappings: page,
      ...(start + size < all.length && { NextMarker: String(start + size) }),
    };
  }

  #update(mapping: ServedMapping, body: Json): Json {
    refuseInTransition(mapping, 'update');
    const { ConsumerGroupId } = (body.AmazonManagedKafkaEventSourceConfig ?? {}) as Json;
    if (ConsumerGroupId !== undefined) invalid('ConsumerGroupId cannot be updated.');
    const { Enabled, ...settings } = body;
    for (const member of Object.keys(settings)) {
      if (!SETTINGS.includes(member)) invalid(`Unsupported parameter for this event source: ${member}`);
    }
    this.#checkSettings(settings);
    Object.assign(mapping, settings);
    const enabled = Enabled === undefined ? mapping.State === 'Enabled' : Enabled === true;
    if (enabled === (mapping.State === 'Enabled')) this.#move(mapping, 'Updating', mapping.State);
    else this.#move(mapping, enabled ? 'Enabling' : 'Disabling', enabled ? 'Enabled' : 'Disabled');
    return this.#shown(mapping);
  }

  #delete(mapping: ServedMapping): Json {
    refuseInTransition(mapping, 'delete');
    this.#move(mapping, 'Deleting', 'gone');
    return this.#shown(mapping);
  }

  #move(mapping: ServedMapping, during: string, after: string): void {
    mapping.State = during;
    mapping.StateTransitionReason = 'USER_INITIATED';
    mapping.LastModified = Date.now() / 1000;
    const end = () => {
      if (this.#stuck) return;
      if (after === 'gone') {
        this.mappings.delete(mapping.UUID);
        return;
      }
      const ending = this.#endings.shift();
      mapping.State = ending?.state ?? after;
      if (ending !== undefined) mapping.StateTransitionReason = ending.reason;
    };
    setTimeout(end, this.#options.transitionMs).unref();
  }

  #checkSettings({ BatchSize, DestinationConfig, KMSKeyArn, FilterCriteria }: Json): void {
    if (BatchSize !== undefined && !(Number(BatchSize) >= 1 && Number(BatchSize) <= 10_000)) {
      invalid('BatchSize must be from 1 to 10000.');
    }
    if ((DestinationConfig as Json | undefined)?.OnSuccess !== undefined) {
      invalid('OnSuccess destinations are not supported for event source mappings.');
    }
    if (KMSKeyArn !== undefined && FilterCriteria === null) invalid('FilterCriteria must not be null.');
  }

  #existingFunction(name: unknown): string {
    const match = /^(?:arn:aws:lambda:([a-z0-9-]+):\d{12}:function:)?([\w-]+)(?::([\w$-]+))?$/.exec(String(name));
    if (match === null) invalid('FunctionName is not valid.');
    const [, region = this.region, base = '', qualifier] = match;
    if (region !== this.region)
      invalid(`Functions from '${region}' are not reachable in this region ('${this.region}')`);
    const known = qualifier === undefined || ['live', 'PROD'].includes(qualifier);
    if (!known || !this.#options.functions.includes(base)) {
      refuse(404, 'ResourceNotFoundException', `Function not found: ${this.functionArn(base)}`);
    }
    return this.functionArn(base) + (qualifier === undefined ? '' : `:${qualifier}`);
  }

  #mapping(uuid: string): ServedMapping {
    return this.mappings.get(uuid) ?? notFound(uuid);
  }

  #mappingArn(uuid: string): string {
    return `arn:aws:lambda:${this.region}:${ACCOUNT}:event-source-mapping:${uuid}`;
  }

  #shown(mapping: ServedMapping): Json {
    if (!this.#hidden.has(mapping.UUID)) return { ...mapping };
    const FilterCriteriaError = { ErrorCode: 'KMSAccessDenied', Message: 'not authorized to perform: kms:Decrypt' };
    return { ...mapping, FilterCriteria: null, FilterCriteriaError };
  }
}

class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

function refuse(status: number, name: string, message: string): never {
  throw new Refused({ status, name, message });
}

function invalid(message: string): never {
  return refuse(400, 'InvalidParameterValueException', message);
}

function notFound(what: string): never {
  return refuse(404, 'ResourceNotFoundException', `The resource you requested does not exist: ${what}`);
}

function refuseInTransition({ UUID, State }: ServedMapping, what: string): void {
  if (!IN_TRANSITION.includes(State)) return;
  refuse(
    400,
    'ResourceInUseException',
    `Cannot ${what} the event source mapping ${UUID} because it is in use (${State}).`,
  );
}

export function groupOf(mapping: ServedMapping): string | undefined {
  return (mapping.AmazonManagedKafkaEventSourceConfig as { ConsumerGroupId?: string } | undefined)?.ConsumerGroupId;
}

function actionOf(method: string, resource: string, uuid: string | undefined): Action | undefined {
  if (resource === '2017-03-31/tags') return method === 'GET' && uuid !== undefined ? 'ListTags' : undefined;
  if (resource !== '2015-03-31/event-source-mappings') return undefined;
  if (uuid === undefined) return ({ GET: 'List', POST: 'Create' } as const)[method as 'GET'];
  return ({ GET: 'Get', PUT: 'Update', DELETE: 'Delete' } as const)[method as 'GET'];
}

function send(response: ServerResponse, status: number, body: Json, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers });
  response.end(JSON.stringify(body));
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
