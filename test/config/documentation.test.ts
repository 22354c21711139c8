import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';
import { configurationSchema } from '../../runtime/src/config/schema/configuration.ts';
import { allKeys } from '../../runtime/src/config/schema/tree.ts';

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

/** The keys in the first column of the tables below a heading. */
function documented(heading: string): Set<string> {
  const start = page.indexOf(`\n## ${heading}\n`);
  expect(start, heading).toBeGreaterThan(0);
  const section = page.slice(start + 1).split(/^## /m)[1] ?? '';
  return new Set([...section.matchAll(/^\| `([a-z0-9_.*]+)` +\|/gm)].map(([, key]) => key as string));
}

const headings: Record<string, string> = {
  source: '`source` and `target`',
  target: '`source` and `target`',
  storage: '`storage`',
  backup: '`backup`',
  restore: '`restore`',
  drill: '`drill`',
  metrics: '`metrics`',
};

/** Sections of which only the name is written down: nothing in them is used, or they are as `storage`. */
const unused = /^(offset_storage|backup\.retention|(backup|restore)\.circuit_breaker|restore\.state)\./;
const keys = allKeys(configurationSchema).filter((path) => !unused.test(path.join('.')));

function place(path: string[]): [string, string] {
  const [section = '', ...rest] = path;
  return rest.length === 0 ? ['Top level', section] : [headings[section] as string, rest.join('.')];
}

describe('docs/configuration.md', () => {
  test('has every key of the schema in its place', () => {
    const missing = keys.filter((path) => {
      const [heading, key] = place(path);
      return !documented(heading).has(key);
    });
    expect(missing).toEqual([]);
  });

  test('has no other key', () => {
    const known = new Set(keys.map((path) => place(path).join(': ')));
    const written = ['Top level', ...new Set(Object.values(headings))].flatMap((heading) =>
      [...documented(heading)].map((key) => `${heading}: ${key}`),
    );
    expect(written.filter((key) => !known.has(key))).toEqual(['`storage`: multipart_*']);
  });

  test('has examples that are valid', () => {
    const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text as string);
    expect(examples).toHaveLength(2);
    for (const text of examples) {
      expect(parseConfiguration(text, { file: 'page', env: {}, now: new Date(0) }).remarks).toEqual([]);
    }
  });
});
