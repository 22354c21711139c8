import type { Document, YAMLParseError } from 'yaml';
import { type Path, safeKey } from './findings.ts';

export interface DocumentProblem {
  path: Path;
  line: number;
  message: string;
}

/**
 * What the YAML parser refuses, in our words: its own messages quote the text, which may be a secret
 * (`sasl_password: *word`).
 */
export function syntaxProblems(
  document: Document.Parsed,
  text: string,
  lineAt: (offset: number | undefined) => number,
): DocumentProblem[] {
  const seen = new Set<string>();
  const problems: DocumentProblem[] = [];
  for (const error of [...document.errors, ...document.warnings]) {
    const line = lineAt(error.pos[0]);
    const message = describe(error, text);
    if (seen.has(`${line} ${message}`)) continue;
    seen.add(`${line} ${message}`);
    problems.push({ path: [], line, message });
    // One broken bracket makes the parser complain about all that follows it.
    if (problems.length === 10) break;
  }
  return problems;
}

function describe({ code, pos }: Pick<YAMLParseError, 'code' | 'pos'>, text: string): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return `the key ${safeKey(/^[^\s:]*/.exec(text.slice(pos[0]))?.[0] ?? '')} is there twice`;
    case 'MULTIPLE_DOCS':
      return 'the file holds more than one YAML document';
    case 'TAB_AS_INDENT':
      return 'not valid YAML: a tab is used to indent; use blanks';
    case 'NON_STRING_KEY':
      return 'not valid YAML here: a key has to be plain text';
    case 'TAG_RESOLVE_FAILED':
      return 'a value that begins with ! has a tag, which is not understood here; put it in quotes';
    case 'RESOURCE_EXHAUSTION':
      return 'is nested too deeply';
    case 'BAD_ALIAS':
      return 'not valid YAML: a value that begins with * refers to an anchor; put it in quotes';
    case 'BAD_DQ_ESCAPE':
      return 'not valid YAML: unknown escape in double quotes; single quotes take a backslash as it is';
    case 'BAD_SCALAR_START':
      return 'not valid YAML: a value cannot begin with this character; put it in quotes';
    case 'MISSING_CHAR':
    case 'BAD_INDENT':
    case 'UNEXPECTED_TOKEN':
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return /[[{,].*\$\{/.test(lineOf(text, pos[0]))
        ? `not valid YAML: inside [ ] and { } a \${NAME} has to be in quotes`
        : 'not valid YAML: check the indentation, colons, quotes and brackets here';
    default:
      return 'not valid YAML';
  }
}

function lineOf(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  return text.slice(start, end < 0 ? undefined : end);
}

/**
 * The line where more than 100 brackets are open, which no configuration has: the parser takes minutes for some
 * thousands of them without their ends.
 */
export function lineOfDeepBracket(text: string): number | undefined {
  let open = 0;
  for (const { 0: bracket, index } of text.matchAll(/[[\]{}]/g)) {
    open = bracket === '[' || bracket === '{' ? open + 1 : Math.max(0, open - 1);
    if (open > 100) return text.slice(0, index).split('\n').length;
  }
  return undefined;
}
