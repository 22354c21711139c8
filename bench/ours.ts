import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Measured, measure } from './measure.ts';

const COMMAND = join(import.meta.dirname, '..', 'runtime', 'bin', 'msk-backup.js');

export interface OurRun extends Measured {
  /** Seconds by the command's own word, without the start of Node: as Kafka's tools count. */
  ownSeconds: number;
}

/** One backup of the topics into an empty directory, by the built command. `rawBytes`: of record batches, uncompressed. */
export async function backup(
  scratch: string,
  servers: string,
  topics: string[],
  archive: string,
): Promise<OurRun & { rawBytes: number }> {
  await rm(archive, { recursive: true, force: true });
  await mkdir(archive, { recursive: true });
  const file = join(scratch, 'backup.yaml');
  await writeFile(
    file,
    stringify({
      mode: 'backup',
      backup_id: 'bench',
      source: { bootstrap_servers: servers.split(','), topics: { include: topics } },
      storage: { backend: 'filesystem', path: archive },
      backup: { compression: 'zstd', compression_level: 1 },
    }),
  );
  const run = await measure(scratch, [process.execPath, COMMAND, 'backup', '--config', file, '--json']);
  const [snapshot] = JSON.parse(run.stdout).snapshots;
  return { ...run, ownSeconds: snapshot.added.durationMs / 1000, rawBytes: snapshot.added.rawBytes };
}

/** Restores the archive's topics under other names, by the built command. */
export async function restore(
  scratch: string,
  servers: string,
  mapping: Record<string, string>,
  archive: string,
  options: Record<string, unknown> = {},
): Promise<OurRun> {
  const file = join(scratch, 'restore.yaml');
  await writeFile(
    file,
    stringify({
      mode: 'restore',
      backup_id: 'latest',
      target: { bootstrap_servers: servers.split(',') },
      storage: { backend: 'filesystem', path: archive },
      restore: { create_topics: true, topic_mapping: mapping, ...options },
    }),
  );
  const run = await measure(scratch, [process.execPath, COMMAND, 'restore', '--config', file, '--json']);
  return { ...run, ownSeconds: JSON.parse(run.stdout).durationMs / 1000 };
}
