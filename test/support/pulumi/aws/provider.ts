/**
 * A stand-in for the AWS provider, which the package registries do not have: what the components' resources are at AWS, made by
 * AWS's own clients. It has neither the validation nor the defaults of the real one.
 */

import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { invoke } from './invokes.ts';
import type { Kind } from './kind.ts';
import { kinds } from './kinds/index.ts';
import { type Place, placeOf } from './place.ts';
import { type Properties, same, UNKNOWN } from './values.ts';

// The SDK's own copies: messages of another copy of google-protobuf are refused.
const ofSdk = createRequire(createRequire(import.meta.url).resolve('@pulumi/pulumi'));
const grpc = ofSdk('@grpc/grpc-js');
const { Struct } = ofSdk('google-protobuf/google/protobuf/struct_pb.js');
const { Empty } = ofSdk('google-protobuf/google/protobuf/empty_pb.js');
const services = ofSdk('@pulumi/pulumi/proto/provider_grpc_pb.js');
const provider = ofSdk('@pulumi/pulumi/proto/provider_pb.js');
const plugin = ofSdk('@pulumi/pulumi/proto/plugin_pb.js');

/** Of the SDK that programs are written with: the engine warns of another. */
const ofSdkVersion = createRequire(import.meta.url)('@pulumi/aws/package.json').version;

let providerRegion = process.env.AWS_REGION ?? 'us-east-1';

// biome-ignore lint/suspicious/noExplicitAny: generated code without types
type Request = any;

const properties = (struct: Request): Properties => unwrapped(struct?.toJavaScript() ?? {}) as Properties;

/** Secrets come as marked objects where the engine was not told otherwise. */
function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (value === null || typeof value !== 'object') return value;
  const object = value as Properties;
  if (object['4dabf18193072939515e22adb298388d'] === '1b47061264138c4ac30d75fd1eb44270') return unwrapped(object.value);
  return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, unwrapped(inner)]));
}

const struct = (value: Properties) => Struct.fromJavaScript(JSON.parse(JSON.stringify(value)));

function kindOf(urn: string): Kind {
  const token = urn.split('::')[2]!.split('$').at(-1)!;
  const kind = kinds[token];
  if (!kind) throw new Error(`the stand-in AWS provider has no ${token}`);
  return kind;
}

function at(inputs: Properties): Place {
  return placeOf(inputs.region ?? providerRegion);
}

/** Name and seven hexadecimal digits, as the real provider's automatic names. */
function named(kind: Kind, urn: string, inputs: Properties, before: Properties, seed: Uint8Array): Properties {
  if (!kind.named || inputs[kind.named.property] !== undefined) return inputs;
  const { property, length, suffix } = kind.named;
  const old = before[property];
  const digits = createHash('sha256').update(seed).digest('hex').slice(0, 7);
  const end = `-${digits}${suffix?.(inputs) ?? ''}`;
  const name =
    old ??
    `${urn
      .split('::')
      .at(-1)!
      .slice(0, length - end.length)}${end}`;
  return { ...inputs, [property]: property === 'bucket' ? name.toLowerCase() : name };
}

function checked(request: Request): unknown {
  const inputs = properties(request.getNews());
  const response = new provider.CheckResponse();
  const urn = request.getUrn();
  if (urn.includes('pulumi:providers:')) response.setInputs(struct(inputs));
  else {
    const kind = kindOf(urn);
    const seed = Buffer.from(request.getRandomseed_asU8());
    const withName = named(kind, urn, inputs, properties(request.getOlds()), seed);
    response.setInputs(struct(kind.global ? withName : { region: providerRegion, ...withName }));
  }
  return response;
}

function compared(request: Request): unknown {
  const kind = kindOf(request.getUrn());
  const before = properties(request.getOldInputs());
  const after = properties(request.getNews());
  const ignored = request.getIgnorechangesList() as string[];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...keys].filter((key) => !ignored.includes(key) && !same(before[key], after[key]));
  const replaces = changed.filter((key) => key === 'region' || kind.replaces.includes(key));
  const response = new provider.DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = provider.DiffResponse.DiffChanges;
  response.setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setDiffsList(changed);
  response.setReplacesList(replaces);
  // Two things of one name cannot be there at once.
  const sameName = kind.named === undefined || same(before[kind.named.property], after[kind.named.property]);
  response.setDeletebeforereplace(replaces.length > 0 && sameName);
  return response;
}

async function state(kind: Kind, id: string, inputs: Properties): Promise<Properties> {
  const observed = await kind.read(id, inputs, at(inputs));
  if (!observed) throw new Error(`${id} was made, and is not there`);
  return { ...inputs, ...(inputs.tags && { tagsAll: inputs.tags }), ...observed.outputs, id };
}

async function created(request: Request): Promise<unknown> {
  const kind = kindOf(request.getUrn());
  const inputs = properties(request.getProperties());
  const response = new provider.CreateResponse();
  if (request.getPreview()) response.setProperties(struct({ ...inputs, id: UNKNOWN, arn: UNKNOWN }));
  else {
    const id = await kind.create(inputs, at(inputs));
    response.setId(id);
    response.setProperties(struct(await state(kind, id, inputs)));
  }
  return response;
}

async function updated(request: Request): Promise<unknown> {
  const kind = kindOf(request.getUrn());
  const inputs = properties(request.getNews());
  const response = new provider.UpdateResponse();
  const before = properties(request.getOldInputs());
  if (request.getPreview()) response.setProperties(struct({ ...properties(request.getOlds()), ...inputs }));
  else {
    await kind.update(request.getId(), inputs, at(inputs), before);
    response.setProperties(struct(await state(kind, request.getId(), inputs)));
  }
  return response;
}

async function read(request: Request): Promise<unknown> {
  const kind = kindOf(request.getUrn());
  const id = request.getId();
  const inputs = properties(request.getInputs());
  const response = new provider.ReadResponse();
  const observed = await kind.read(id, inputs, at(inputs));
  if (!observed) return response;
  const seen = { ...inputs, ...observed.inputs };
  response.setId(id);
  response.setInputs(struct(seen));
  response.setProperties(struct({ ...properties(request.getProperties()), ...seen, ...observed.outputs }));
  return response;
}

async function deleted(request: Request): Promise<unknown> {
  const inputs = properties(request.getOldInputs());
  await kindOf(request.getUrn()).remove(request.getId(), inputs, at(inputs));
  return new Empty();
}

async function invoked(request: Request): Promise<unknown> {
  const { region, ...inputs } = properties(request.getArgs());
  const response = new provider.InvokeResponse();
  response.setReturn(struct(await invoke(request.getTok(), inputs, placeOf(region ?? providerRegion))));
  return response;
}

function configured(request: Request): unknown {
  const args = properties(request.getArgs());
  if (args.region) providerRegion = args.region;
  const response = new provider.ConfigureResponse();
  response.setSupportspreview(true);
  return response;
}

function unchanged(): unknown {
  const response = new provider.DiffResponse();
  response.setChanges(provider.DiffResponse.DiffChanges.DIFF_NONE);
  return response;
}

function information(): unknown {
  const response = new plugin.PluginInfo();
  response.setVersion(ofSdkVersion);
  return response;
}

/** A method of the service that answers with what `handle` gives, or with its error. */
function method(handle: (request: Request) => unknown) {
  return async (call: { request: Request }, callback: (error: unknown, response?: unknown) => void) => {
    try {
      callback(null, await handle(call.request));
    } catch (error) {
      const { name, message } = error as Error;
      callback({ code: grpc.status.UNKNOWN, details: `${name}: ${message}` });
    }
  };
}

const server = new grpc.Server({
  'grpc.max_receive_message_length': 64 << 20,
  'grpc.max_send_message_length': 64 << 20,
});
server.addService(services.ResourceProviderService, {
  getPluginInfo: method(information),
  attach: method(() => new Empty()),
  cancel: method(() => new Empty()),
  checkConfig: method(checked),
  diffConfig: method(unchanged),
  configure: method(configured),
  check: method(checked),
  diff: method(compared),
  create: method(created),
  update: method(updated),
  read: method(read),
  delete: method(deleted),
  invoke: method(invoked),
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error: Error | null, port: number) => {
  if (error) throw error;
  console.log(port);
});
