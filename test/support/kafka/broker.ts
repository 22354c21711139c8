/** One broker process of a test cluster: combined broker and controller (KRaft) on 127.0.0.1. */

import type { ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended, spawnOwned } from '../process.ts';
import type { KafkaInstall } from './install.ts';

export interface BrokerSpec {
  install: KafkaInstall;
  nodeId: number;
  clusterId: string;
  port: number;
  /** Directory of this broker: configuration, log and data. */
  directory: string;
  config: Record<string, string>;
  /** Options of the Java virtual machine. */
  java: string[];
}

/** How long a broker may take to serve requests: the machine may be busy. */
const startLimitMs = 90_000;

export class Broker {
  readonly nodeId: number;
  /** `127.0.0.1:port` */
  readonly address: string;
  /** Data directory (`log.dirs`). */
  readonly logDir: string;
  /** What the broker printed, all its starts together. */
  readonly logFile: string;
  #spec: BrokerSpec;
  #child: ChildProcess | undefined;

  constructor(spec: BrokerSpec) {
    this.#spec = spec;
    this.nodeId = spec.nodeId;
    this.address = `127.0.0.1:${spec.port}`;
    this.logDir = join(spec.directory, 'data');
    this.logFile = join(spec.directory, 'broker.log');
  }

  /** Process id; 0 when the broker does not run. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Writes configuration and a formatted data directory, as `kafka-storage format` does. Once, before the first start. */
  async prepare(): Promise<void> {
    const { config, install, clusterId, nodeId, directory } = this.#spec;
    await mkdir(this.logDir, { recursive: true });
    await copyFile(install.bootstrapCheckpoint, join(this.logDir, 'bootstrap.checkpoint'));
    const meta = `version=1\ncluster.id=${clusterId}\nnode.id=${nodeId}\n`;
    await writeFile(join(this.logDir, 'meta.properties'), meta);
    const lines = Object.entries({ ...config, 'log.dirs': this.logDir }).map(([key, value]) => `${key}=${value}`);
    await writeFile(join(directory, 'server.properties'), `${lines.join('\n')}\n`);
  }

  /** Starts the process, also again after a kill, and resolves when the broker serves requests. */
  async start(): Promise<void> {
    if (this.#child) throw new Error(`broker ${this.nodeId} runs already`);
    const { install, java, directory } = this.#spec;
    const log = openSync(this.logFile, 'a');
    const logStart = fstatSync(log).size;
    const flags = [
      ...install.sharedClasses,
      ...java,
      '-XX:+UseSerialGC',
      '-XX:-UsePerfData',
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
    ];
    const args = [...flags, '-cp', install.classPath, 'Broker', join(directory, 'server.properties')];
    const child = spawnOwned('java', args, { stdio: ['pipe', log, log] });
    closeSync(log);
    this.#child = child;
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    await this.#serving(child, logStart);
  }

  async #serving(child: ChildProcess, logStart: number): Promise<void> {
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
    });
    const limit = Date.now() + startLimitMs;
    for (;;) {
      const log = (await readFile(this.logFile)).subarray(logStart).toString('utf8');
      if (log.includes('Kafka Server started')) return;
      const over = Date.now() > limit;
      if (failure || over || child.exitCode !== null || child.signalCode !== null) {
        child.kill('SIGKILL');
        const why = failure?.message ?? (over ? `not ready in ${startLimitMs} ms` : 'ended while it started');
        throw new Error(`Kafka broker ${this.nodeId}: ${why}. The end of its log:\n${log.slice(-6000)}`);
      }
      await sleep(40);
    }
  }

  /** Ends the process as a power cut would (SIGKILL). */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends the process in order (SIGTERM): leaders move, files are flushed. */
  async terminate(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Freezes the process (SIGSTOP): connections stay open and nothing answers. It stands still when this returns. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
    const { pid } = this.#child ?? {};
    const deadline = Date.now() + 10_000;
    while (pid !== undefined && !isStopped(pid) && Date.now() < deadline);
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child) return;
    child.kill(signal);
    await ended(child);
    this.#child = undefined;
  }
}

/** By Linux' word, where there is one. */
function isStopped(pid: number): boolean {
  try {
    // The name before it is in brackets and may hold anything.
    return /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}
