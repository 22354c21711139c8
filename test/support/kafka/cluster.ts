/** Real Kafka clusters for tests: KRaft mode, free ports of 127.0.0.1, temporary data. */

import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../ports.ts';
import { collect, ended, type Finished, type RunOptions, spawnOwned } from '../process.ts';
import { Broker } from './broker.ts';
import { IamListener, type IamOptions, setUpIam } from './iam-listener.ts';
import { installKafka, type KafkaInstall, quiet } from './install.ts';

export interface KafkaOptions {
  /** Default: 1. */
  brokers?: 1 | 3;
  /** '4' (default), '3.9', '3.6', or a full version of Maven Central. */
  version?: string;
  /** Broker settings that replace the ones below. */
  config?: Record<string, string>;
  /** Java heap limit of each broker. Default: 512m. */
  heap?: string;
  /**
   * Brokers that live for seconds: compiled fast rather than well, which halves the processor time of a start. Default:
   * true in vitest, where the time counts; false elsewhere, where their speed does (demo, benchmark).
   */
  shortLived?: boolean;
  /** Adds a listener for MSK's IAM authentication beside the plaintext one: `cluster.iam`. */
  iam?: IamOptions;
}

/**
 * Starts a cluster and resolves when every broker serves requests. Topics are not created by themselves; internal
 * topics have few partitions, so that the first transaction and the first group come quickly.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const install = await installKafka(options.version);
  for (let attempt = 1; ; attempt++) {
    const directory = await mkdtemp(join(tmpdir(), 'msk-backup-kafka-'));
    const cluster = await plan(install, directory, options);
    try {
      await cluster.start();
      return cluster;
    } catch (error) {
      await cluster.stop();
      // Another process may have taken a port since it was looked up.
      if (attempt === 3 || !/Address already in use|BindException/.test(String(error))) throw error;
    }
  }
}

async function plan(install: KafkaInstall, directory: string, options: KafkaOptions): Promise<KafkaCluster> {
  const iam = options.iam && (await setUpIam(directory, options.iam));
  const count = options.brokers ?? 1;
  const shortLived = options.shortLived ?? process.env.VITEST !== undefined;
  const java = [`-Xmx${options.heap ?? '512m'}`, ...(shortLived ? ['-XX:TieredStopAtLevel=1'] : [])];
  if (iam) java.push(...iam.java);
  const ports = await freePorts((iam ? 3 : 2) * count);
  const iamPorts = ports.slice(2 * count);
  const nodeIds = Array.from({ length: count }, (_, index) => index + 1);
  const controllers = nodeIds.map((nodeId, index) => `${nodeId}@127.0.0.1:${ports[count + index]}`).join(',');
  // 16 random bytes as Kafka prints ids; a leading dash would look like an option to its tools.
  const clusterId = `M${randomBytes(16).toString('base64url').slice(1, 21)}A`;
  const brokers = nodeIds.map((nodeId, index) => {
    const port = ports[index]!;
    const iamListener = iam ? `,IAM://127.0.0.1:${iamPorts[index]}` : '';
    const config = {
      ...defaults(count),
      'process.roles': 'broker,controller',
      'node.id': String(nodeId),
      'controller.quorum.voters': controllers,
      'controller.listener.names': 'CONTROLLER',
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${ports[count + index]}${iamListener}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}${iamListener}`,
      ...iam?.config,
      ...options.config,
    };
    const own = join(directory, `broker-${nodeId}`);
    return new Broker({ install, nodeId, clusterId, port, directory: own, config, java });
  });
  const listener = iam && new IamListener(iamPorts, iam.caFile, options.iam!.region, brokers, iam.keysFile);
  return new KafkaCluster(install, directory, brokers, listener);
}

function defaults(brokers: number): Record<string, string> {
  const replicas = String(brokers);
  const inSync = brokers > 1 ? '2' : '1';
  return {
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': '1',
    'group.initial.rebalance.delay.ms': '0',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'log.cleaner.dedupe.buffer.size': '16777216', // The default of 128 MB is a quarter of the heap.
    'log.initial.task.delay.ms': '600000', // 30 s by default: retention would take old records from slow tests.
    'log.cleaner.backoff.ms': '500',
    'broker.session.timeout.ms': '6000',
    'broker.heartbeat.interval.ms': '1000',
  };
}

export class KafkaCluster {
  readonly brokers: Broker[];
  /** Full version, such as 4.3.1. */
  readonly version: string;
  /** Java class path of this version: Kafka's jars and the tests' own classes. */
  readonly classPath: string;
  readonly #sharedClasses: string[];
  readonly #iam: IamListener | undefined;
  readonly #directory: string;
  readonly #tools = new Set<ChildProcess>();

  constructor(install: KafkaInstall, directory: string, brokers: Broker[], iam?: IamListener) {
    this.#iam = iam;
    this.classPath = install.classPath;
    this.#sharedClasses = install.sharedClasses;
    this.#directory = directory;
    this.brokers = brokers;
    this.version = install.version;
  }

  get bootstrapServers(): string[] {
    return this.brokers.map((broker) => broker.address);
  }

  /** The listener that the option `iam` asks for. */
  get iam(): IamListener {
    if (this.#iam === undefined) throw new Error('this cluster was started without the option iam');
    return this.#iam;
  }

  /** Data directory of each broker, in the order of `brokers`. */
  get logDirs(): string[] {
    return this.brokers.map((broker) => broker.logDir);
  }

  async start(): Promise<void> {
    for (const broker of this.brokers) await broker.prepare();
    const started = await Promise.allSettled(this.brokers.map((broker) => broker.start()));
    for (const result of started) if (result.status === 'rejected') throw result.reason;
  }

  /** Ends every tool and broker and removes all data. May be called twice. */
  async stop(): Promise<void> {
    for (const tool of this.#tools) tool.kill('SIGKILL');
    await Promise.all([...this.#tools].map(ended));
    await Promise.all(this.brokers.map((broker) => broker.kill()));
    await rm(this.#directory, { recursive: true, force: true });
  }

  /**
   * Runs a Java program of Kafka (or of this folder) to its end, such as `org.apache.kafka.tools.TopicCommand` or
   * `kafka.tools.DumpLogSegments`. A non-zero exit code is an answer, not an error.
   */
  tool(mainClass: string, args: string[], options: RunOptions = {}): Promise<Finished> {
    return collect(this.spawnTool(mainClass, args, options), options);
  }

  /** Starts a Java program with pipes for its standard streams. It is killed when the cluster stops. */
  spawnTool(mainClass: string, args: string[], options: Pick<RunOptions, 'env'> = {}): ChildProcess {
    const java = [
      ...this.#sharedClasses,
      ...quiet,
      '-Xmx512m',
      '-XX:-UsePerfData',
      '-cp',
      this.classPath,
      mainClass,
      ...args,
    ];
    const child = spawnOwned('java', java, { stdio: 'pipe', env: { ...process.env, ...options.env } });
    this.#tools.add(child);
    child.once('exit', () => this.#tools.delete(child));
    return child;
  }
}
