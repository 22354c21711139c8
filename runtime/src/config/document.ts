import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  YAMLMap,
} from 'yaml';
import { expand } from './expand.ts';
import type { Path } from './findings.ts';
import { type DocumentProblem, lineOfDeepBracket, syntaxProblems } from './yaml-problems.ts';

/** A value of YAML: text, number, boolean, undefined (which null becomes), list, or object without prototype. */
export interface ConfigurationDocument {
  value: unknown;
  problems: DocumentProblem[];
  /** The line of the key or list item, or of the nearest part of the path that is in the file; from 1. */
  lineOf(path: Path): number;
}

const MAX_DEPTH = 32;
const MAX_VALUES = 50_000;

/**
 * Reads YAML and puts the environment into its values. Not `toJS` of the library: lines of every key are wanted,
 * variables must not reach keys or comments, and a file whose aliases refer to themselves must end in words.
 */
export function readDocument(text: string, lookup: (name: string) => string | undefined): ConfigurationDocument {
  const unclosed = lineOfDeepBracket(text);
  if (unclosed !== undefined) {
    return {
      value: undefined,
      problems: [{ path: [], line: unclosed, message: 'is nested too deeply' }],
      lineOf: () => unclosed,
    };
  }
  const counter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: counter,
    prettyErrors: false,
    logLevel: 'error',
    merge: true,
    stringKeys: true,
    // The peer's `start_offset: !specific {…}`: the tag of an enum with data. The form of the map says as much.
    customTags: [{ tag: '!specific', collection: 'map', nodeClass: YAMLMap }],
  });
  const lineAt = (offset: number | undefined) => Math.max(1, counter.linePos(offset ?? 0).line);
  const problems = syntaxProblems(document, text, lineAt);
  const lines = new Map<string, number>();
  const lineOf = (path: Path) => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  };
  if (problems.length > 0) return { value: undefined, problems, lineOf };

  const converter = new Converter(lookup, targetsOfAliases(document), lineAt, lines, problems);
  const value = document.contents === null ? undefined : converter.convert(document.contents, [], 0);
  return { value, problems, lineOf };
}

/** An alias means the nearest anchor of its name before it. */
function targetsOfAliases(document: Document.Parsed): Map<Alias, Node | undefined> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node | undefined>();
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) targets.set(node, anchors.get(node.source));
      else if (node.anchor) anchors.set(node.anchor, node as Node);
    },
  });
  return targets;
}

class Converter {
  readonly #lookup: (name: string) => string | undefined;
  readonly #targets: Map<Alias, Node | undefined>;
  readonly #lineAt: (offset: number | undefined) => number;
  readonly #lines: Map<string, number>;
  readonly #problems: DocumentProblem[];
  #values = 0;

  constructor(
    lookup: (name: string) => string | undefined,
    targets: Map<Alias, Node | undefined>,
    lineAt: (offset: number | undefined) => number,
    lines: Map<string, number>,
    problems: DocumentProblem[],
  ) {
    this.#lookup = lookup;
    this.#targets = targets;
    this.#lineAt = lineAt;
    this.#lines = lines;
    this.#problems = problems;
  }

  convert(node: unknown, path: Path, depth: number): unknown {
    if (depth > MAX_DEPTH || ++this.#values > MAX_VALUES) {
      if (this.#values !== Number.POSITIVE_INFINITY) {
        this.#values = Number.POSITIVE_INFINITY;
        this.#refuse(
          path,
          `is nested too deeply, refers to itself, or stands for more than ${MAX_VALUES} values`,
          node,
        );
      }
      return undefined;
    }
    if (isAlias(node)) {
      const target = this.#targets.get(node);
      if (target === undefined)
        this.#refuse(path, 'a value that begins with * refers to an anchor; put it in quotes', node);
      return target && this.convert(target, path, depth + 1);
    }
    if (isMap(node)) return this.#map(node, path, depth);
    if (isSeq(node)) {
      return node.items.map((item, index) => {
        const itemPath = [...path, index];
        this.#lines.set(JSON.stringify(itemPath), this.#lineAt((item as Node | null)?.range?.[0]));
        return this.convert(item, itemPath, depth + 1) ?? null;
      });
    }
    return isScalar(node) ? this.#scalar(node.value, path, node) : undefined;
  }

  #map(node: YAMLMap, path: Path, depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = Object.create(null);
    const merged: unknown[] = [];
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      if (key.value === '<<' && key.type === 'PLAIN') {
        merged.push(value);
        continue;
      }
      const name = String(key.value);
      const itemPath = [...path, name];
      this.#lines.set(JSON.stringify(itemPath), this.#lineAt(key.range?.[0]));
      map[name] = this.convert(value, itemPath, depth + 1);
    }
    for (const source of merged) this.#merge(map, source, path, depth);
    return map;
  }

  /** Keys of the map itself go before merged ones, and earlier ones of a list before later ones. */
  #merge(map: Record<string, unknown>, source: unknown, path: Path, depth: number): void {
    const target = isAlias(source) ? this.#targets.get(source) : source;
    if (isSeq(target)) {
      for (const item of target.items) this.#merge(map, item, path, depth + 1);
    } else if (isMap(target) && depth <= MAX_DEPTH) {
      const own = new Map([...Object.keys(map)].map((key) => [key, this.#lines.get(JSON.stringify([...path, key]))]));
      for (const [key, value] of Object.entries(this.#map(target, path, depth + 1))) {
        if (!(key in map)) map[key] = value;
      }
      for (const [key, line] of own) if (line !== undefined) this.#lines.set(JSON.stringify([...path, key]), line);
    } else {
      this.#refuse(path, '<< takes a map, or a list of maps', source);
    }
  }

  #scalar(value: unknown, path: Path, node: unknown): unknown {
    if (value === null || value === undefined) return undefined;
    if (typeof value === 'number' || typeof value === 'boolean') return value;
    if (typeof value !== 'string') {
      this.#refuse(path, 'has a YAML tag that is not understood here', node);
      return undefined;
    }
    const expansion = expand(value, this.#lookup);
    if ('problem' in expansion) {
      this.#refuse(path, expansion.problem, node);
      return undefined;
    }
    // `${REGION:-}` is how a file says "set it or leave it".
    return expansion.expanded && expansion.value === '' ? undefined : expansion.value;
  }

  #refuse(path: Path, message: string, node: unknown): void {
    const offset = (node as Node | null)?.range?.[0];
    this.#problems.push({ path, message, line: this.#lineAt(offset) });
  }
}
