/**
 * Stacks that the real Pulumi engine deploys to the AWS emulator, through the stand-in provider beside this file. State is in a
 * temporary folder. What this shows: the graph and its order, the arguments as AWS's API takes them, what a change replaces, what
 * refresh and destroy do. What it does not: the validation and the defaults of the real AWS provider, or AWS itself.
 */

import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  LocalWorkspace,
  type OpType,
  PulumiCommand,
  type PulumiFn,
  type Stack,
} from '@pulumi/pulumi/automation/index.js';
import { ended, runOk, spawnOwned } from '../process.ts';
import type { AwsEmulator } from '../s3/emulator.ts';
import { installPulumi, installYamlHost } from './engine.ts';

export interface Change {
  type: string;
  name: string;
  operation: OpType;
  /** Arguments that changed. */
  changed: string[];
}

export class Deployment {
  readonly #directory: string;
  readonly #environment: Record<string, string>;
  readonly #pulumi: string;
  readonly #stack: Stack;
  readonly #provider: ChildProcess;

  private constructor(
    directory: string,
    environment: Record<string, string>,
    pulumi: string,
    stack: Stack,
    provider: ChildProcess,
  ) {
    this.#directory = directory;
    this.#environment = environment;
    this.#pulumi = pulumi;
    this.#stack = stack;
    this.#provider = provider;
  }

  /**
   * An empty stack.
   * @param options.yaml the project file of a program in YAML; the functions below then take no program
   * @param options.name of the stack; default: `test`
   * @param options.region where its resources are by default; default: the emulator's first
   * @param options.lostRegion a region in which every call fails
   */
  static async begin(
    aws: AwsEmulator,
    options: { yaml?: string; name?: string; region?: string; lostRegion?: string } = {},
  ): Promise<Deployment> {
    const { yaml, name: stackName = 'test', region = aws.region, lostRegion = '' } = options;
    const root = await installPulumi();
    const directory = await mkdtemp(join(tmpdir(), 'msk-backup-stack-'));
    if (yaml !== undefined) await writeFile(join(directory, 'Pulumi.yaml'), yaml);
    const path = [join(import.meta.dirname, 'plugin'), ...(yaml === undefined ? [] : [await installYamlHost()])];
    // Started once and attached to: by itself the engine starts one for each command.
    const provider = spawnOwned(process.execPath, [join(import.meta.dirname, 'aws/provider.ts')], {
      env: { ...process.env, ...aws.env, AWS_REGION: region, MSK_BACKUP_LOST_REGION: lostRegion },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const port = await started(provider);
    const environment = {
      ...aws.env,
      MSK_BACKUP_NODE: process.execPath,
      PATH: [...path, process.env.PATH].join(delimiter),
      // It also serves the one resource of docker-build, without building.
      PULUMI_DEBUG_PROVIDERS: `aws:${port},docker-build:${port}`,
      PULUMI_BACKEND_URL: `file://${directory}`,
      PULUMI_CONFIG_PASSPHRASE: 'test',
      PULUMI_HOME: join(directory, 'home'),
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
      PULUMI_DISABLE_REGISTRY_RESOLVE: 'true',
    };
    const settings = { pulumiCommand: await PulumiCommand.get({ root }), envVars: environment, workDir: directory };
    const inline = { stackName, projectName: 'msk-backup-test', program: async () => {} };
    const stack =
      yaml === undefined
        ? await LocalWorkspace.createStack(inline, settings)
        : await LocalWorkspace.createStack({ stackName, workDir: directory }, settings);
    return new Deployment(directory, environment, join(root, 'bin/pulumi'), stack, provider);
  }

  /** Sets a key of the stack's configuration. */
  async configure(key: string, value: string): Promise<void> {
    await this.#stack.setConfig(key, { value });
  }

  /** What `up` would do, without what stays as it is. */
  async preview(program?: PulumiFn): Promise<Change[]> {
    const changes: Change[] = [];
    await this.#stack.preview({
      program,
      onEvent: ({ resourcePreEvent }) => {
        if (!resourcePreEvent) return;
        const { op, type, urn, diffs, detailedDiff } = resourcePreEvent.metadata;
        if (op === 'same' || type.startsWith('pulumi:providers:')) return;
        const changed = diffs ?? Object.keys(detailedDiff ?? {});
        changes.push({ type, name: urn.split('::').at(-1)!, operation: op, changed });
      },
    });
    return changes;
  }

  /** Deploys; answers the outputs and how many resources had which operation. */
  async up(program?: PulumiFn): Promise<{ outputs: Record<string, unknown>; counts: Partial<Record<OpType, number>> }> {
    const { outputs, summary } = await this.#stack.up({ program });
    const values = Object.entries(outputs).map(([name, { value }]) => [name, value]);
    return { outputs: Object.fromEntries(values), counts: summary.resourceChanges ?? {} };
  }

  /** Reads the stack's resources from AWS; answers how many were found as they were, changed or gone. */
  async refresh(): Promise<Partial<Record<OpType, number>>> {
    const { summary } = await this.#stack.refresh();
    return summary.resourceChanges ?? {};
  }

  async destroy(): Promise<void> {
    await this.#stack.destroy();
  }

  /** Runs a command of Pulumi's where the stack is: `['state', 'unprotect', '--all', '--yes']`. */
  async pulumi(args: string[]): Promise<string> {
    const options = { cwd: this.#directory, env: this.#environment };
    return runOk(this.#pulumi, [...args, '--non-interactive'], options);
  }

  /** What Pulumi's state holds. */
  async resources(): Promise<{ urn: string; type: string; id?: string }[]> {
    return (await this.#stack.exportStack()).deployment.resources ?? [];
  }

  async end(): Promise<void> {
    this.#provider.kill('SIGKILL');
    await ended(this.#provider);
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** The port that a provider prints when it serves. */
function started(provider: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    provider.stdout!.once('data', (line: Buffer) => resolve(Number(line.toString('utf8').trim())));
    provider.once('exit', (code) => reject(new Error(`the stand-in AWS provider ended with exit code ${code}`)));
  });
}
