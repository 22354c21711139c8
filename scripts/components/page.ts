import type { DocTags, TypeDoc } from './doc-tags.ts';
import type { PackageSchema, PropertySchema } from './infer-schema.ts';

const OPENING = `<!-- Generated from the doc comments in components/ by \`npm run schema\`. -->
# Components

Every component of the package \`msk-backup\`, with each argument: what it means, unit, range, default, an example, what it costs.
Arguments without *required* may be left out. Values may be outputs of other resources. Those that are *plain* may not: they decide what
is made, and have to be known before anything is. A plain group of arguments may have outputs within.

All problems of a component's arguments are told in one error. Those of values that only a deployment knows come when they do,
before a resource uses them.
`;

/** docs/components.md: types and descriptions from the schema, defaults and examples from the doc comments. */
export function componentsPage(schema: PackageSchema, docs: ReadonlyMap<string, TypeDoc>): string {
  const components = Object.entries(schema.resources).flatMap(([token, component]) => {
    const tags = docs.get(`${nameOf(token)}Args`);
    const parts = [`## ${nameOf(token)}`, unwrapped(component.description), '### Arguments'];
    parts.push(list(component.inputProperties, component.requiredInputs, tags));
    parts.push('### Outputs', list(component.properties, []));
    return parts;
  });
  const types = Object.entries(schema.types)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([token, type]) => {
      const doc = docs.get(nameOf(token));
      return [`### ${nameOf(token)}`, unwrapped(doc?.description), list(type.properties, type.required, doc)];
    });
  return `${[OPENING.trim(), ...components, '## Groups of arguments', ...types].filter(Boolean).join('\n\n')}\n`;
}

function list(properties: Record<string, PropertySchema>, required: string[], doc?: TypeDoc): string {
  const names = Object.keys(properties);
  const ordered = [...names.filter((it) => required.includes(it)), ...names.filter((it) => !required.includes(it))];
  return ordered
    .map((name) => entry(name, properties[name]!, required.includes(name), doc?.properties[name] ?? {}))
    .join('\n');
}

function entry(name: string, property: PropertySchema, required: boolean, tags: DocTags): string {
  const notes = [typeOf(property), ...(required ? ['required'] : []), ...(property.plain ? ['plain'] : [])];
  const more = [
    ...(tags.default === undefined ? [] : [`Default: ${tags.default}.`]),
    ...(tags.example === undefined ? [] : [`Example: ${tags.example}`]),
  ];
  return [`- **\`${name}\`** (${notes.join(', ')})`, oneLine(property.description ?? ''), ...more.map(oneLine)]
    .filter(Boolean)
    .join('\n  ');
}

function typeOf({ type, $ref, items, additionalProperties }: PropertySchema): string {
  if ($ref?.startsWith('#/types/')) {
    const name = nameOf($ref);
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (type === 'array' && items) return `list of ${typeOf(items)}`;
  if (type === 'object' && additionalProperties) return `map of ${typeOf(additionalProperties)}`;
  return type ?? 'any';
}

const nameOf = (token: string) => token.slice(token.lastIndexOf(':') + 1);
const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
/** Paragraphs stay. */
const unwrapped = (text = '') =>
  text
    .split(/\n{2,}/)
    .map(oneLine)
    .join('\n\n');
