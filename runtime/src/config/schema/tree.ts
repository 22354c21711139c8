import { z } from 'zod';
import type { Path } from '../findings.ts';
import { type RemarkOn, remarks } from './remarks.ts';

/** The keys of a section with their schemas; undefined for what is no section. Sees through what wraps it. */
export function keysOf(schema: z.core.$ZodType): Record<string, z.core.$ZodType> | undefined {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return inner.shape;
  if (!(inner instanceof z.ZodUnion)) return undefined;
  return inner.options.map(keysOf).find((keys) => keys !== undefined);
}

/** Every key of the schema, section by section: `['storage']`, `['storage', 'bucket']`, … */
export function allKeys(schema: z.core.$ZodType, path: string[] = []): string[][] {
  return Object.entries(keysOf(schema) ?? {}).flatMap(([key, inner]) => {
    const keyPath = [...path, key];
    return [keyPath, ...allKeys(inner, keyPath)];
  });
}

/** Calls back for every key that is set in `value` and has a remark. */
export function eachRemark(
  schema: z.core.$ZodType,
  value: unknown,
  tell: (path: Path, remark: string) => void,
  path: Path = [],
): void {
  const keys = keysOf(schema);
  if (keys === undefined || typeof value !== 'object' || value === null) return;
  for (const [key, given] of Object.entries(value)) {
    const inner = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (inner === undefined || given === undefined) continue;
    const remark = remarkOf(inner)?.(given);
    if (remark !== undefined) tell([...path, key], remark);
    eachRemark(inner, given, tell, [...path, key]);
  }
}

function remarkOf(schema: z.core.$ZodType): RemarkOn | undefined {
  const found = remarks.get(schema) ?? (schema instanceof z.ZodOptional ? remarks.get(schema.unwrap()) : undefined);
  return found?.remark;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional) return unwrap(schema.unwrap());
  return schema instanceof z.ZodPipe ? unwrap(schema.in) : schema;
}
