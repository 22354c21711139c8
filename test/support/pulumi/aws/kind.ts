/** What the stand-in provider has to know of a resource type. */

import type { Place } from './place.ts';
import type { Properties } from './values.ts';

export interface Observed {
  /** Arguments that are otherwise at AWS than in the program; the rest are taken to be as they were. */
  inputs?: Properties;
  /** What AWS made of it: ARNs, URLs. */
  outputs?: Properties;
}

export interface Kind {
  /** The argument that gets a name made of the resource's when the program gives none, and its longest length. */
  named?: { property: string; length: number; suffix?: (inputs: Properties) => string };
  /** Arguments that AWS cannot change: another value makes another resource. Each list says where that stands. */
  replaces: string[];
  /** Not of a region: `region` is not among its arguments. */
  global?: boolean;
  /** Answers the id. */
  create(inputs: Properties, at: Place): Promise<string>;
  /** Undefined when it is not there. `inputs` are the arguments that it was made with. */
  read(id: string, inputs: Properties, at: Place): Promise<Observed | undefined>;
  update(id: string, inputs: Properties, at: Place, before: Properties): Promise<void>;
  remove(id: string, inputs: Properties, at: Place): Promise<void>;
}

/** The answer of a call; undefined when it says that there is no such thing. */
export async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    if (/NotFound|NoSuch|NotExist|NonExistent|Not_Found|ClusterNotFound/i.test(name)) return undefined;
    if ($metadata?.httpStatusCode === 404) return undefined;
    throw error;
  }
}

/** Inputs that AWS shows with another value. */
export function drifted(
  inputs: Properties,
  seen: Properties,
  differs: (a: unknown, b: unknown) => boolean,
): Properties {
  const changed = Object.entries(seen).filter(([key, value]) => key in inputs && differs(inputs[key], value));
  return Object.fromEntries(changed);
}
