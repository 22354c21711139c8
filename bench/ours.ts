import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Measured, measure } from './measure.ts';

const COMMAND = join(import.meta.dirname, '..', 'runtime', 'bin', 'msk-backup.js');

export interface OurRun extends Measured {
  /** Seconds by the command's own word, without the start of Node: as Kafka's tools count. */
  ownSeconds: number;
}

export interface RestoreRun extends OurRun {
  report: { plan: { markers?: number; leadingOffsets?: number } };
}

/** Where the archive is: a section `storage` of a configuration, and what the AWS SDK is to find in the environment. */
export interface Archive {
  storage: Record<string, unknown>;
  env?: Record<string, string>;
}

/** An empty archive in a directory. */
export async function archiveIn(directory: string): Promise<Archive> {
  for (const path of [directory, `${directory}-restores`]) await rm(path, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  return { storage: { backend: 'filesystem', path: directory } };
}

/** One backup of the topics into an empty archive, by the built command. `rawBytes`: of record batches, uncompressed. */
export async function backup(
  scratch: string,
  servers: string,
  topics: string[],
  archive: Archive,
): Promise<OurRun & { rawBytes: number }> {
  const run = await command(scratch, archive, 'backup', {
    mode: 'backup',
    backup_id: 'bench',
    source: { bootstrap_servers: servers.split(','), topics: { include: topics } },
    storage: archive.storage,
    backup: { compression: 'zstd', compression_level: 1 },
  });
  const [snapshot] = JSON.parse(run.stdout).snapshots;
  return { ...run, ownSeconds: snapshot.added.durationMs / 1000, rawBytes: snapshot.added.rawBytes };
}

/** Restores the archive's topics under other names, by the built command. */
export async function restore(
  scratch: string,
  servers: string,
  mapping: Record<string, string>,
  archive: Archive,
  options: Record<string, unknown> = {},
): Promise<RestoreRun> {
  const run = await command(scratch, archive, 'restore', {
    mode: 'restore',
    backup_id: 'latest',
    target: { bootstrap_servers: servers.split(',') },
    storage: archive.storage,
    restore: { create_topics: true, topic_mapping: mapping, ...options },
  });
  const report = JSON.parse(run.stdout);
  return { ...run, ownSeconds: report.durationMs / 1000, report };
}

async function command(scratch: string, { env }: Archive, name: string, configuration: unknown): Promise<Measured> {
  const file = join(scratch, `${name}.yaml`);
  await writeFile(file, stringify(configuration));
  const line = [process.execPath, COMMAND, name, '--config', file, '--json'];
  return measure(scratch, line, { ...process.env, ...env });
}
