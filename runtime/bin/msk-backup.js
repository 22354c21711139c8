#!/usr/bin/env node
// Starts the built command. Old syntax only, so that an old Node gets as far as the message.
import { existsSync } from 'node:fs';
import module from 'node:module';
import v8 from 'node:v8';

/** The first version with zstd in node:zlib. */
const NEEDED = [22, 15];
const main = new URL('../dist/cli/main.js', import.meta.url);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  fail(
    `Node ${NEEDED.join('.')} or newer is needed, this is ${process.versions.node}: run \`npx msk-backup\` from the root of the repository, which brings its own, or install it from https://nodejs.org`,
  );
} else if (!existsSync(main)) {
  fail('not built yet: run `npm ci && npm run build` in the root of the repository');
} else {
  module.enableCompileCache();
  // The heap is small and the buffers beside it are large, which makes V8 start marking all the time: a tenth of the CPU.
  v8.setFlagsFromString('--no-incremental-marking');
  import(main.href).then((cli) => cli.main(process.argv.slice(2)));
}

function fail(message) {
  process.stderr.write(`msk-backup: ${message}\n`);
  process.exitCode = 1;
}
