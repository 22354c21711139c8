import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/**
 * The folder that the image is built from, made by the package's build: the Dockerfile and what it copies.
 * @throws Error where the package has not been built
 */
export function imageContext(): string {
  const context = join(packageRoot(), 'dist', 'image');
  if (existsSync(join(context, 'Dockerfile'))) return context;
  throw new Error(`${context} is missing, from which the image is built: run 'npm run build' in ${packageRoot()}`);
}

/** Differs where the image would: by path, content of every file, and whatever else decides the build. */
export function imageTag(context: string, decisions: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of [context, ...decisions]) hash.update(`${part}\0`);
  for (const file of filesBelow(context)) {
    hash.update(`${relative(context, file).split(sep).join('/')}\0`);
    hash.update(createHash('sha256').update(readFileSync(file)).digest());
  }
  return hash.digest('hex').slice(0, 20);
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The same from the sources and from dist/, which lie at different depths. */
function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
