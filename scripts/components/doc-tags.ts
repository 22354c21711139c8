import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';

/** What the schema leaves out of doc comments. */
export interface DocTags {
  default?: string;
  example?: string;
}

export interface TypeDoc {
  description?: string;
  /** By property, those of extended interfaces too. */
  properties: Record<string, DocTags>;
}

/** The doc comments of every class and interface below a folder, by name. */
export function readDocTags(folder: string): Map<string, TypeDoc> {
  const own = new Map<string, TypeDoc & { parents: string[] }>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((it) => it.endsWith('.ts'))) {
    const text = ts.sys.readFile(join(folder, file))!;
    ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true).forEachChild((node) => {
      if ((ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) && node.name)
        own.set(node.name.text, {
          description: descriptionOf(node),
          properties: tagsOf(node),
          parents: parentsOf(node),
        });
    });
  }
  const inherited = (name: string): Record<string, DocTags> => {
    const { properties = {}, parents = [] } = own.get(name) ?? {};
    return Object.assign({}, ...parents.map(inherited), properties);
  };
  return new Map(
    [...own].map(([name, { description }]) => [
      name,
      { ...(description && { description }), properties: inherited(name) },
    ]),
  );
}

function descriptionOf(node: ts.Node): string | undefined {
  const [doc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return doc && ts.getTextOfJSDocComment(doc.comment);
}

function tagsOf(node: ts.InterfaceDeclaration | ts.ClassDeclaration): Record<string, DocTags> {
  const entries: [string, DocTags][] = [];
  for (const member of node.members) {
    if (!member.name || !ts.isIdentifier(member.name)) continue;
    const tags = ts.getJSDocTags(member).flatMap(({ tagName, comment }) => {
      const text = ts.getTextOfJSDocComment(comment)?.trim();
      return text && (tagName.text === 'default' || tagName.text === 'example') ? [[tagName.text, text]] : [];
    });
    entries.push([member.name.text, Object.fromEntries(tags)]);
  }
  return Object.fromEntries(entries);
}

function parentsOf(node: ts.InterfaceDeclaration | ts.ClassDeclaration): string[] {
  return (node.heritageClauses ?? []).flatMap(({ types }) => types.map(({ expression }) => expression.getText()));
}
