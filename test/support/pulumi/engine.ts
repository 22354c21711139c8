/** Pulumi's engine, built from the Go module proxy: npm has the SDK only, and its downloads come from elsewhere. */

import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import { runOk } from '../process.ts';

/** As in engine/go.mod; engine/go.sum has the checksums of all that is built. */
const engineVersion = '3.259.0';
const yamlVersion = '1.38.1';

const anHour = 3_600_000;

/** Builds the command `pulumi` once, five minutes on two cores; answers the folder that holds `bin/pulumi`. */
export async function installPulumi(): Promise<string> {
  return cached(`pulumi-${engineVersion}`, async (directory) => {
    const module = join(directory, 'module');
    await runOk('mkdir', ['-p', module, join(directory, 'bin')]);
    for (const name of ['go.mod', 'go.sum', 'tools.go'])
      await copyFile(join(import.meta.dirname, 'engine', name), join(module, name));
    const flags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${engineVersion}`;
    const output = join(directory, 'bin/pulumi');
    await go(module, [
      ...['build', '-mod=readonly', '-trimpath', '-ldflags', flags],
      ...['-o', output, 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi'],
    ]);
  });
}

/** Builds the language host of YAML programs once; answers the folder that holds it. */
export async function installYamlHost(): Promise<string> {
  return cached(`pulumi-language-yaml-${yamlVersion}`, async (directory) => {
    const command = `github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml@v${yamlVersion}`;
    await go(directory, ['install', '-trimpath', '-ldflags', '-s -w', command], { GOBIN: directory });
  });
}

/** At the lowest priority: it takes both cores for minutes, and the machine is in use. */
async function go(cwd: string, args: string[], env: Record<string, string> = {}): Promise<void> {
  await runOk('nice', ['-n', '19', 'go', ...args], {
    cwd,
    env: { GOFLAGS: '-buildvcs=false', ...env },
    timeoutMs: anHour,
  });
}

if (import.meta.main) {
  await installPulumi();
  await installYamlHost();
}
