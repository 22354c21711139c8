/**
 * Stacks that the real Pulumi engine deploys to the AWS emulator, through the stand-in provider beside this file. State is in a
 * temporary folder. What this shows: the graph and its order, the arguments as AWS's API takes them, what a change replaces, what
 * refresh and destroy do. What it does not: the validation and the defaults of the real AWS provider, or AWS itself.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  LocalWorkspace,
  type OpType,
  PulumiCommand,
  type PulumiFn,
  type Stack,
} from '@pulumi/pulumi/automation/index.js';
import type { AwsEmulator } from '../s3/emulator.ts';
import { installPulumi } from './engine.ts';

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
  readonly #command: PulumiCommand;
  #stack?: Stack;

  private constructor(directory: string, environment: Record<string, string>, command: PulumiCommand) {
    this.#directory = directory;
    this.#environment = environment;
    this.#command = command;
  }

  /** An empty stack, `test` of project `msk-backup-test`, whose default region is the emulator's first. */
  static async begin(aws: AwsEmulator): Promise<Deployment> {
    const root = await installPulumi();
    const directory = await mkdtemp(join(tmpdir(), 'msk-backup-stack-'));
    const environment = {
      ...aws.env,
      MSK_BACKUP_NODE: process.execPath,
      PATH: [import.meta.dirname, join(import.meta.dirname, 'aws'), process.env.PATH].join(delimiter),
      PULUMI_BACKEND_URL: `file://${directory}`,
      PULUMI_CONFIG_PASSPHRASE: 'test',
      PULUMI_HOME: join(directory, 'home'),
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
    };
    const command = await PulumiCommand.get({ root });
    return new Deployment(directory, environment, command);
  }

  async #use(program: PulumiFn): Promise<Stack> {
    this.#stack = await LocalWorkspace.createOrSelectStack(
      { stackName: 'test', projectName: 'msk-backup-test', program },
      { pulumiCommand: this.#command, envVars: this.#environment },
    );
    return this.#stack;
  }

  /** What `up` would do, without what stays as it is. */
  async preview(program: PulumiFn): Promise<Change[]> {
    const stack = await this.#use(program);
    const changes: Change[] = [];
    await stack.preview({
      onEvent: ({ resourcePreEvent }) => {
        if (!resourcePreEvent || resourcePreEvent.metadata.op === 'same') return;
        const { op, type, urn, diffs, detailedDiff } = resourcePreEvent.metadata;
        const changed = diffs ?? Object.keys(detailedDiff ?? {});
        changes.push({ type, name: urn.split('::').at(-1)!, operation: op, changed });
      },
    });
    return changes;
  }

  /** Deploys; answers the outputs and how many resources had which operation. */
  async up(program: PulumiFn): Promise<{ outputs: Record<string, unknown>; counts: Partial<Record<OpType, number>> }> {
    const stack = await this.#use(program);
    const { outputs, summary } = await stack.up();
    const values = Object.entries(outputs).map(([name, { value }]) => [name, value]);
    return { outputs: Object.fromEntries(values), counts: summary.resourceChanges ?? {} };
  }

  /** Reads the stack's resources from AWS; answers how many were found as they were, changed or gone. */
  async refresh(): Promise<Partial<Record<OpType, number>>> {
    const { summary } = await this.#stack!.refresh();
    return summary.resourceChanges ?? {};
  }

  async destroy(): Promise<void> {
    await this.#stack!.destroy();
  }

  /** What Pulumi says of the stack's resources. */
  async resources(): Promise<
    { urn: string; type: string; id?: string; protect?: boolean; retainOnDelete?: boolean }[]
  > {
    const { deployment } = await this.#stack!.exportStack();
    return deployment.resources ?? [];
  }

  async end(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}
