import { MskBackupError } from '../errors.ts';

/** Keys and list positions from the root of the configuration. */
export type Path = readonly (string | number)[];

/** Accepted, but doing something else here than a reader of the file may expect. */
export interface Remark {
  /** As in `source.bootstrap_servers[1]`. */
  path: string;
  /** From 1. */
  line: number;
  /** One line: what happens instead. */
  message: string;
}

interface Problem {
  path: Path;
  line: number;
  message: string;
}

/** What is wrong with a configuration and what is worth saying about it, collected so that all of it is told at once. */
export class Findings {
  readonly #problems: Problem[] = [];
  readonly #remarks: Remark[] = [];
  readonly #lineOf: (path: Path) => number;
  readonly #isFragment: boolean;

  /** @param options.fragment a part of a configuration: nothing is required of it */
  constructor(lineOf: (path: Path) => number, options: { fragment: boolean }) {
    this.#lineOf = lineOf;
    this.#isFragment = options.fragment;
  }

  problem(path: Path, message: string, line = this.#lineOf(path)): void {
    if (!this.#problems.some((known) => known.line === line && known.message === message && same(known.path, path))) {
      this.#problems.push({ path, line, message });
    }
  }

  /** A problem of what is absent: none in a fragment, nor where the key is there with a value that was refused. */
  required(path: Path, message: string): void {
    if (!this.#isFragment && !this.isRefused(path)) this.problem(path, message);
  }

  remark(path: Path, message: string): void {
    const remark = { path: pathText(path), line: this.#lineOf(path), message };
    if (!this.#remarks.some((known) => known.path === remark.path && known.message === message)) {
      this.#remarks.push(remark);
    }
  }

  /** True when there is a problem with the key itself, with what is in it, or with what it is in. */
  isRefused(path: Path): boolean {
    return this.#problems.some(({ path: known }) => isPrefix(known, path) || isPrefix(path, known));
  }

  /** In the order of the lines. */
  remarks(): Remark[] {
    return this.#remarks.toSorted((a, b) => a.line - b.line);
  }

  /** @throws MskBackupError `CONFIG_INVALID` with a line for each problem, when there are any */
  throwProblems(file: string): void {
    if (this.#problems.length === 0) return;
    const lines = this.#problems
      .toSorted((a, b) => a.line - b.line)
      .map(({ path, line, message }) => `${file}:${line}: ${path.length > 0 ? `${pathText(path)}: ` : ''}${message}`);
    throw new MskBackupError('configuration', 'CONFIG_INVALID', lines.join('\n'));
  }
}

/** A path as a person writes it: `source.bootstrap_servers[1]`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? safeKey(part) : `${text}.${safeKey(part)}`;
  }, '');
}

/**
 * A key as it may be shown. `{sasl_password:hunter2}` is a map with one odd key, since the blank is missing: nothing
 * after the first character that no key of ours has is shown.
 */
export function safeKey(key: string): string {
  const shown = /^[\w.-]{0,80}/.exec(key)?.[0] ?? '';
  return shown === key ? key : `${shown}…`;
}

function isPrefix(prefix: Path, path: Path): boolean {
  return prefix.length <= path.length && prefix.every((part, index) => part === path[index]);
}

function same(a: Path, b: Path): boolean {
  return a.length === b.length && isPrefix(a, b);
}
