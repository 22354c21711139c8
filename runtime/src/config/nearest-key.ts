import { distance } from 'fastest-levenshtein';
import { pathText } from './findings.ts';
import { configurationSchema } from './schema/configuration.ts';
import { allKeys } from './schema/tree.ts';

let known: string[][] | undefined;

interface Ranked {
  path: string[];
  isSibling: boolean;
  /** Keys from the root that the two paths share. */
  common: number;
}

/**
 * What to say about a key that the section does not have. A key that another section has under this very name is in the
 * wrong place; else the section's own keys come first, then those of others.
 */
export function suggestion(section: readonly string[], key: string): string {
  known ??= allKeys(configurationSchema);
  const word = normal(key);
  const common = (path: string[]) => path.findIndex((part, index) => part !== section[index]);
  const ranked = known
    .map((path) => {
      const name = path.at(-1) as string;
      const isSibling = path.length === section.length + 1 && common(path) === section.length;
      // `storage_class` is storage.class
      const edits = word === path.slice(-2).join('_') ? 0 : distance(word, name);
      const isNear = edits <= Math.min(word.length / 2, Math.max(2, word.length / 4)) || isPart(word, name);
      const rank = edits === 0 ? 0 : isNear ? (isSibling ? 1 : 2) : isSibling ? 3 : 4;
      return { path, edits, rank, isSibling, common: common(path) };
    })
    .sort((a, b) => a.rank - b.rank || (a.rank === 0 ? byPlace(a, b) : a.edits - b.edits));
  const best = ranked[0] as (typeof ranked)[number];
  return best.rank < 3 ? `did you mean ${pathText(best.path)}?` : `the nearest known key is ${pathText(best.path)}`;
}

/** Of keys with the same name: the section's own, else one near the root (`restore.state` has those of `storage`). */
function byPlace(a: Ranked, b: Ranked): number {
  return Number(b.isSibling) - Number(a.isSibling) || a.path.length - b.path.length || b.common - a.common;
}

/** `bootstrapServers`, `bootstrap.servers` and `bootstrap-servers` are all `bootstrap_servers`. */
function normal(key: string): string {
  return key
    .slice(0, 60)
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_')
    .replaceAll(/[-. ]/g, '_')
    .toLowerCase();
}

/** `password` for `sasl_password`, or the other way round. */
function isPart(word: string, name: string): boolean {
  return (word.length > 4 && name.endsWith(`_${word}`)) || (name.length > 4 && word.endsWith(`_${name}`));
}
