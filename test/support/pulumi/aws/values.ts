/** Values as Pulumi's engine and AWS's API have them. */

// biome-ignore lint/suspicious/noExplicitAny: properties of resources of any kind
export type Properties = Record<string, any>;

/** Stands in a preview for what is not known yet; from the engine's sdk/go/common/resource/plugin/rpc.go. */
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** Equal, wherever object keys stand and however a JSON document in a string is laid out. */
export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

function canonical(value: unknown): unknown {
  if (typeof value === 'string' && /^\s*[[{]/.test(value)) {
    try {
      return canonical(JSON.parse(value));
    } catch {
      return value;
    }
  }
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value ?? undefined;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, canonical(inner)]),
  );
}

/** Names of AWS's API that are not the property's with another first letter. */
export type Names = Record<string, string>;

/** Properties as AWS's API spells them: `maxAge` is `MaxAge`. Keys below `verbatim` stay as they are. */
export function upper(value: unknown, names: Names = {}): unknown {
  return spelled(value, (key) => names[key] ?? key.charAt(0).toUpperCase() + key.slice(1));
}

/** The way back. */
export function lower(value: unknown, names: Names = {}): unknown {
  const back = Object.fromEntries(Object.entries(names).map(([property, api]) => [api, property]));
  return spelled(value, (key) => back[key] ?? key.charAt(0).toLowerCase() + key.slice(1));
}

function spelled(value: unknown, spell: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((inner) => spelled(inner, spell));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null);
  return Object.fromEntries(entries.map(([key, inner]) => [spell(key), spelled(inner, spell)]));
}

/** Whether everything that was sent is what AWS answers, whatever AWS adds to it. */
export function holds(answered: unknown, sent: unknown): boolean {
  if (Array.isArray(sent)) {
    if (!Array.isArray(answered) || answered.length !== sent.length) return false;
    return sent.every((inner, index) => holds(answered[index], inner));
  }
  if (sent === null || typeof sent !== 'object') return same(answered, sent);
  // An empty filter and none are the same to S3.
  if (Object.keys(sent).length === 0) return true;
  if (answered === null || typeof answered !== 'object') return false;
  return Object.entries(sent).every(([key, inner]) => holds((answered as Properties)[key], inner));
}

/** Tags as most of AWS's services take them. */
export function tagList(tags: Record<string, string> | undefined): { Key: string; Value: string }[] {
  return Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
}

export function tagsFrom(list: { Key?: string; Value?: string }[] | undefined): Record<string, string> | undefined {
  if (!list || list.length === 0) return undefined;
  return Object.fromEntries(list.map(({ Key, Value }) => [Key!, Value!]));
}
