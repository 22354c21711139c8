#!/usr/bin/env node
// Starts the built command. Old syntax only, so that an old Node gets as far as the message.
import { existsSync } from 'node:fs';
import module from 'node:module';

const NEEDED = 24;
const main = new URL('../dist/cli/main.js', import.meta.url);

if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  fail(
    `Node ${NEEDED} or newer is needed, this is ${process.versions.node}: run \`npx msk-backup\` from the root of the repository, which brings its own, or install it from https://nodejs.org`,
  );
} else if (!existsSync(main)) {
  fail('not built yet: run `npm ci && npm run build` in the root of the repository');
} else {
  module.enableCompileCache();
  import(main.href).then((cli) => cli.main(process.argv.slice(2)));
}

function fail(message) {
  process.stderr.write(`msk-backup: ${message}\n`);
  process.exitCode = 1;
}
