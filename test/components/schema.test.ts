/**
 * What programs of other languages see of the package, and the page that is made from it. Renew both by `npm run schema`, and look
 * at the difference: an argument that is gone or has another type breaks programs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readDocTags } from '../../scripts/components/doc-tags.ts';
import { inferSchema, type PackageSchema, type PropertySchema } from '../../scripts/components/infer-schema.ts';
import { componentsPage } from '../../scripts/components/page.ts';

const root = join(import.meta.dirname, '..', '..');
const stored = (path: string) => readFileSync(join(root, path), 'utf8');
let schema: PackageSchema;
beforeAll(async () => {
  schema = await inferSchema();
});

test('The inferred schema is the stored one', () => {
  expect(schema).toEqual(JSON.parse(stored('schema.json')));
});

test('docs/components.md is made from it', () => {
  expect(stored('docs/components.md')).toBe(componentsPage(schema, readDocTags(join(root, 'components'))));
});

test('Every component can be had under its token', async () => {
  const exported = Object.entries(await import('../../components/index.ts')).filter(([name]) => /^[A-Z]/.test(name));
  expect(Object.keys(schema.resources).sort()).toEqual(exported.map(([name]) => `msk-backup:index:${name}`).sort());
  expect(Object.keys(schema.resources)).toContain('msk-backup:index:MskBackup');
});

test('A program can name the type of every argument', () => {
  const exported = new Set(stored('components/index.ts').match(/\w+Args\b/g));
  const tokens = [...Object.keys(schema.types ?? {}), ...Object.keys(schema.resources).map((token) => `${token}Args`)];
  expect(tokens.length).toBeGreaterThan(20);
  expect(tokens.map((token) => token.split(':').at(-1)!).filter((name) => !exported.has(name))).toEqual([]);
});

test('Every component and argument says what it is', () => {
  const silent: string[] = [];
  const look = (of: string, properties: Record<string, PropertySchema>) => {
    for (const [name, { description }] of Object.entries(properties)) if (!description) silent.push(`${of}.${name}`);
  };
  for (const [token, { inputProperties, description }] of Object.entries(schema.resources)) {
    if (!description) silent.push(token);
    look(token, inputProperties);
  }
  for (const [token, { properties }] of Object.entries(schema.types)) look(token, properties);
  expect(silent).toEqual([]);
});
