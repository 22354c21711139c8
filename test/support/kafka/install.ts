/** Apache Kafka from Maven Central: jars, the tests' own Java classes, and a formatted log directory to copy from. */

import { createHash } from 'node:crypto';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { cacheDirectory, cached } from '../cache.ts';
import { runOk } from '../process.ts';
import { archiveClasses } from './shared-classes.ts';

/** The versions that tests ask for by name; any other version of Maven Central is taken as it is written. */
const versions: Record<string, string> = {
  '4': '4.3.1', // The newest that runs on Java 17.
  '3.9': '3.9.1', // The last line with ZooKeeper, which MSK offers for long-term support.
  '3.6': '3.6.2', // The oldest that MSK still offers.
};

export interface KafkaInstall {
  /** Full version, such as 4.3.1. */
  version: string;
  /** Java class path: Kafka's jars and the tests' own classes. */
  classPath: string;
  /** Options with which Java takes the classes that `shared-classes.ts` has archived. */
  sharedClasses: string[];
  /** What `kafka-storage format` writes for a version: its feature levels. No cluster or node id is in it. */
  bootstrapCheckpoint: string;
}

/** Fetches and prepares one version of Kafka; after the first time it only answers where it is. */
export async function installKafka(version = '4'): Promise<KafkaInstall> {
  const full = versions[version] ?? version;
  const jarsDirectory = await cached(`kafka/${full}/jars`, (directory) => fetchJars(full, directory));
  const jars = (await readdir(jarsDirectory)).sort().map((name) => join(jarsDirectory, name));
  const classes = await compile(full, jars);
  const classPath = [join(classes, 'tests.jar'), ...jars].join(':');
  const formatted = await cached(`kafka/${full}/formatted`, (directory) => format(classPath, directory));
  const install = {
    version: full,
    classPath,
    bootstrapCheckpoint: join(formatted, 'bootstrap.checkpoint'),
    sharedClasses: [],
  };
  const shared = await cached(`${relative(cacheDirectory(), classes)}-shared`, (directory) =>
    archiveClasses(install, join(directory, 'broker.jsa')),
  );
  // Java goes on without them when they do not fit: a cache that was moved, another Java. Not worth a word in its output.
  return { ...install, sharedClasses: [`-XX:SharedArchiveFile=${join(shared, 'broker.jsa')}`, '-Xlog:disable'] };
}

async function fetchJars(version: string, directory: string): Promise<void> {
  const pom = join(import.meta.dirname, 'pom.xml');
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${directory}`, `-Dkafka.version=${version}`];
  await runOk('mvn', ['-q', '-B', '-f', pom, ...goal], { timeoutMs: 600_000 });
}

async function compile(version: string, jars: string[]): Promise<string> {
  const directory = join(import.meta.dirname, 'java');
  const names = (await readdir(directory)).filter((name) => name.endsWith('.java')).sort();
  const sources = names.map((name) => join(directory, name));
  const hash = createHash('sha256');
  for (const source of sources) hash.update(await readFile(source));
  const name = `kafka/${version}/tests-${hash.digest('hex').slice(0, 12)}`;
  return cached(name, async (directory) => {
    const compiled = join(directory, 'classes');
    await runOk('javac', ['-nowarn', '-proc:none', '-d', compiled, '-cp', jars.join(':'), ...sources]);
    // Classes in a directory cannot be shared.
    await runOk('jar', ['--create', '--file', join(directory, 'tests.jar'), '-C', compiled, '.']);
  });
}

async function format(classPath: string, directory: string): Promise<void> {
  const config = join(directory, 'server.properties');
  const logDirectory = join(directory, 'log');
  const lines = [
    'process.roles=broker,controller',
    'node.id=1',
    'controller.quorum.voters=1@127.0.0.1:1',
    'listeners=PLAINTEXT://127.0.0.1:2,CONTROLLER://127.0.0.1:1',
    'controller.listener.names=CONTROLLER',
    `log.dirs=${logDirectory}`,
  ];
  await writeFile(config, lines.join('\n'));
  await runOk('java', [...quiet, '-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', config]);
  await copyFile(join(logDirectory, 'bootstrap.checkpoint'), join(directory, 'bootstrap.checkpoint'));
}

const clusterId = 'AAAAAAAAAAAAAAAAAAAAAQ';

/** Java options of short-lived programs: fast start, errors only. */
export const quiet = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];
