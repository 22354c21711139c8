import { z } from 'zod';

/** What happens instead, or undefined when this value asks for nothing else than what happens anyway. */
export type RemarkOn = (value: unknown) => string | undefined;

/** The keys that are accepted and do something else than where they come from. */
export const remarks = z.registry<{ remark: RemarkOn }>();

/** Marks a key with one line that is told whenever it is set. */
export function remarked<T extends z.ZodType>(schema: T, remark: string | RemarkOn): T {
  remarks.add(schema, { remark: typeof remark === 'string' ? () => remark : remark });
  return schema;
}

/** For a switch that changes nothing in one of its positions. */
export function remarkedWhen<T extends z.ZodType>(value: boolean, schema: T, remark: string): T {
  return remarked(schema, (given) => (reads(given, String(value)) ? remark : undefined));
}

/** True for a scalar that is written like this, in quotes or not. */
export function reads(value: unknown, ...spellings: string[]): boolean {
  return typeof value !== 'object' && spellings.includes(String(value));
}
