import type { z } from 'zod';
import type { Findings, Path } from './findings.ts';
import { suggestion } from './nearest-key.ts';
import { type Configuration, configurationSchema } from './schema/configuration.ts';
import { eachRemark } from './schema/tree.ts';

/**
 * Checks every key and value. What is refused is told and left out of the answer, so that the checks that compare keys
 * with each other still see all the rest.
 */
export function validate(value: unknown, findings: Findings): Configuration {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    findings.problem([], 'must be a map of keys such as mode, source, storage');
    return {};
  }
  let rest: unknown = withoutForeignStorage(value as Record<string, unknown>, findings);
  // A refused part may have hidden a problem of the same value; each turn leaves something out.
  for (let turn = 0; turn < 100; turn++) {
    const parsed = configurationSchema.safeParse(rest, { error: message });
    if (parsed.success) {
      eachRemark(configurationSchema, rest, (path, remark) => findings.remark(path, remark));
      return parsed.data;
    }
    const refused = parsed.error.issues.flatMap((issue) => tell(issue, [], findings));
    rest = without(rest, refused);
  }
  throw new Error('the configuration schema refuses a value that was left out');
}

/** The peer has backends that are not here: one problem, not one for each of their keys. */
function withoutForeignStorage(value: Record<string, unknown>, findings: Findings): Record<string, unknown> {
  const backend = (value.storage as Record<string, unknown> | null | undefined)?.backend;
  if (backend !== 'azure' && backend !== 'gcs' && backend !== 'memory') return value;
  findings.problem(['storage', 'backend'], `must be s3 or filesystem: there is no ${backend} backend here`);
  return { ...value, storage: undefined };
}

/** @returns the paths to leave out */
function tell(issue: z.core.$ZodIssue, above: Path, findings: Findings): Path[] {
  const path: Path = [...above, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const unknown = [...path, key];
      const peer = unusedPeerKey(unknown);
      if (peer !== undefined) findings.remark(unknown, peer);
      else findings.problem(unknown, `unknown key; ${suggestion(sectionOf(path), key)}`);
      return unknown;
    });
  }
  if (issue.code === 'invalid_union') {
    // The option that the value was meant for is the one that does not refuse its very type.
    const meant = issue.errors.find(
      (issues) => !issues.some(({ path, code }) => path.length === 0 && code === 'invalid_type'),
    );
    if (meant !== undefined && meant.length > 0) return meant.flatMap((inner) => tell(inner, path, findings));
  }
  if (issue.code === 'invalid_key') {
    findings.problem(path, issue.issues[0]?.message ?? issue.message);
  } else {
    findings.problem(path, issue.message);
  }
  return [path];
}

/** Without places in lists: the schema has none. */
function sectionOf(path: Path): string[] {
  return path.filter((part) => typeof part === 'string');
}

/** Documented by the peer under several names, and never used by it. */
function unusedPeerKey(path: Path): string | undefined {
  return path.length === 2 && path[0] === 'storage' && String(path[1]).startsWith('multipart_')
    ? 'not used: the size of a part follows from backup.pack_bytes'
    : undefined;
}

/** What the schema does not say itself. Never shows the value: it may be a secret. */
function message(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'array') return 'must be a list';
      if (issue.expected === 'object' || issue.expected === 'record') return 'must be a map of keys';
      if (issue.expected !== 'string') return 'is not valid';
      return typeof issue.input === 'number' || typeof issue.input === 'boolean'
        ? 'must be text: put it in quotes'
        : 'must be text';
    case 'invalid_value':
      return `must be ${alternatives(issue.values.map(String))}`;
    case 'too_small':
      return 'must not be empty';
    default:
      return 'is not valid';
  }
}

function alternatives(values: string[]): string {
  return values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}

/** A copy without these keys. A refused item takes its list with it: the others would change their places. */
function without(value: unknown, paths: Path[]): unknown {
  const copy = structuredCloneOfMaps(value);
  for (const path of paths) {
    const firstIndex = path.findIndex((part) => typeof part === 'number');
    const keys = firstIndex < 0 ? path : path.slice(0, firstIndex);
    let map = copy as Record<string, unknown> | undefined;
    for (const key of keys.slice(0, -1)) map = map?.[key as string] as Record<string, unknown> | undefined;
    const last = keys.at(-1);
    if (last !== undefined && map !== undefined && map !== null) delete map[last as string];
  }
  return copy;
}

function structuredCloneOfMaps(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, inner] of Object.entries(value)) copy[key] = structuredCloneOfMaps(inner);
  return copy;
}
