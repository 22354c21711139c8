/**
 * Pulumi's engine, as far as a component sees it. Every resource is recorded with the inputs that it was given, and gets an id,
 * an ARN and the other outputs that AWS would give it.
 *
 * What this does not prove: that the provider or AWS accept the inputs, that a second deployment changes nothing, and parents,
 * aliases, protection and other options, none of which reach a mock.
 *
 *     const engine = startMocks();
 *     const { BackupTask } = await import('../../components/backup-task.ts');
 *     …
 *     await settled();
 *     expect(engine.names()).toEqual([…]);
 */
import * as pulumi from '@pulumi/pulumi';
import * as state from '@pulumi/pulumi/runtime/state.js';
import { ACCOUNT, answer, idOf, outputsOf, type Properties, REGION } from './aws-answers.ts';

export { ACCOUNT, REGION };

export interface MadeResource {
  type: string;
  name: string;
  /** False: a component. */
  custom: boolean;
  inputs: Properties;
  /** The URN and id of an explicit or inherited provider; undefined for the default one. */
  provider?: string;
  id: string;
  outputs: Properties;
}

export interface AskedFunction {
  token: string;
  inputs: Properties;
  provider?: string;
}

export interface MockOptions {
  /** Name of the stack. Default `stack`. */
  stack?: string;
  /** Resources then have no outputs that AWS decides (ARNs, ids): unknown, as in a real preview. Default false. */
  preview?: boolean;
  /** Answers of functions, by token, in place of the usual ones; undefined for the usual one. */
  calls?: (asked: AskedFunction) => Properties | undefined;
}

export interface MockEngine {
  made: MadeResource[];
  asked: AskedFunction[];
  /** The one of this type, with this name when there are several. */
  one(type: string, name?: string): MadeResource;
  all(type: string): MadeResource[];
  /** `TYPE NAME` of every resource that is no component, sorted. */
  names(): string[];
  /** For the next test of a file. */
  clear(): void;
}

/** Before the components are imported, once per file. */
export function startMocks(options: MockOptions = {}): MockEngine {
  const made: MadeResource[] = [];
  const asked: AskedFunction[] = [];
  const mocks: pulumi.runtime.Mocks = {
    newResource({ type, name, inputs, custom, provider, id: imported }) {
      const id = imported || idOf(type, name, inputs);
      const state = options.preview ? { ...inputs } : { ...inputs, ...outputsOf(type, name, inputs, id) };
      made.push({
        type,
        name,
        custom: custom ?? true,
        inputs,
        ...(provider ? { provider } : {}),
        id,
        outputs: state,
      });
      return { id: options.preview ? undefined : custom === false ? undefined : id, state };
    },
    call({ token, inputs, provider }) {
      const call = { token, inputs, ...(provider ? { provider } : {}) };
      asked.push(call);
      return options.calls?.(call) ?? answer(token, inputs);
    },
  };
  pulumi.runtime.setMocks(mocks, 'project', options.stack ?? 'stack', options.preview ?? false);
  const find = (type: string, name?: string) =>
    made.filter((it) => it.type === type && (name === undefined || it.name === name));
  return {
    made,
    asked,
    one(type, name) {
      const found = find(type, name);
      if (found.length === 1) return found[0]!;
      const what = name === undefined ? type : `${type} ${name}`;
      throw new Error(`${found.length} of ${what}; there are\n${made.map((it) => `${it.type} ${it.name}`).join('\n')}`);
    },
    all: (type) => find(type),
    names: () =>
      made
        .filter(({ custom }) => custom)
        .map(({ type, name }) => `${type} ${name}`)
        .sort(),
    clear() {
      made.length = 0;
      asked.length = 0;
    },
  };
}

/** Waits until everything that was declared is made. */
export async function settled(): Promise<void> {
  // A resource is declared to the engine some turns of the event loop after its constructor, when its inputs have resolved.
  const { waitForRPCs } = pulumi.runtime as unknown as { waitForRPCs(): Promise<void> };
  for (let quiet = 0; quiet < 10; quiet++) {
    await waitForRPCs();
    await turns(1);
  }
}

/** The value of an Output, once there is one. Fails as the Output does. */
export function resolved<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as unknown as { promise(): Promise<T> }).promise();
}

/**
 * What a program fails with that does this, as Pulumi's host sees it: thrown at once, or later, when an Output resolves to
 * something that is refused. Every Output that comes of that one fails, too, which is no concern of the test runner.
 */
export async function failure(program: () => unknown): Promise<Error> {
  const errors: unknown[] = [];
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  // A resource that fails is never made, and one that depends on it waits for good: the first failure ends the wait.
  const failed = new Promise<void>((resolve) => {
    process.on('unhandledRejection', (error) => {
      errors.push(error);
      resolve();
    });
  });
  try {
    await program();
    await Promise.race([settled(), failed]);
  } catch (error) {
    errors.unshift(error);
  } finally {
    // Rejections are told when the turn of the event loop is over.
    await new Promise((resolve) => setTimeout(resolve, 50));
    forgetWaiting();
    process.removeAllListeners('unhandledRejection');
    for (const listener of others) process.on('unhandledRejection', listener);
  }
  if (errors.length === 0) throw new Error('the program does not fail');
  return errors[0] as Error;
}

/** What waits for good must not keep the next test waiting. */
function forgetWaiting(): void {
  const { getStore } = state as unknown as { getStore(): { settings: { rpcDone: Promise<unknown> } } };
  getStore().settings.rpcDone = Promise.resolve();
}

/** Of the event loop. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
