// Builds what a Pulumi program loads: dist/, with the components and the parts of the runtime that they import, and
// dist/image/, the files that the image is built from. `npm ci` runs it (the script `prepare`), so that a clone can be
// used as it is. Plain JavaScript: it runs on the system's Node, and without the development dependencies.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const built = join(root, '.tmp', `dist-${process.pid}`);

if (compile()) {
  copyImageContext();
  writeFileSync(join(built, '.built'), '');
  // The old files stay until the new ones are whole.
  const old = `${built}-old`;
  if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), old);
  renameSync(built, join(root, 'dist'));
  rmSync(old, { recursive: true, force: true });
} else {
  rmSync(built, { recursive: true, force: true });
  process.exitCode = 1;
}

function compile() {
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const project = join(root, 'tsconfig.build.json');
  return spawnSync(process.execPath, [compiler, '-p', project, '--outDir', built], { stdio: 'inherit' }).status === 0;
}

/**
 * The Dockerfile and what it copies. npm leaves package-lock.json out of the packages that it makes, and the image
 * belongs to the lock: a folder below the package's root keeps its own.
 */
function copyImageContext() {
  const dockerfile = join(root, 'Dockerfile');
  if (!existsSync(dockerfile)) return;
  mkdirSync(join(built, 'image'));
  for (const path of ['Dockerfile', ...copiedBy(readFileSync(dockerfile, 'utf8'))])
    cpSync(join(root, path), join(built, 'image', path), { recursive: true });
}

/** The sources of each COPY that does not take from another stage. */
function copiedBy(dockerfile) {
  const lines = dockerfile.replaceAll(/\\\r?\n/g, ' ').split('\n');
  return lines.flatMap((line) => {
    const words = line.trim().split(/\s+/);
    if (words[0] !== 'COPY' || words.some((word) => word.startsWith('--from='))) return [];
    return words.slice(1, -1).filter((word) => !word.startsWith('--'));
  });
}
