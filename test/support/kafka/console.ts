/** Kafka's own command-line tools, whose classes have moved between versions. */

import type { KafkaCluster } from './cluster.ts';
import { type Isolation, readAll } from './java-client.ts';

export type ToolName = 'topics' | 'groups' | 'consoleConsumer' | 'dumpLog' | 'configs' | 'offsets';

const current: Record<ToolName, string> = {
  topics: 'org.apache.kafka.tools.TopicCommand',
  groups: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  consoleConsumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  dumpLog: 'org.apache.kafka.tools.DumpLogSegments',
  configs: 'kafka.admin.ConfigCommand',
  offsets: 'org.apache.kafka.tools.GetOffsetShell',
};

const of36: Record<ToolName, string> = {
  topics: 'kafka.admin.TopicCommand',
  groups: 'kafka.admin.ConsumerGroupCommand',
  consoleConsumer: 'kafka.tools.ConsoleConsumer',
  dumpLog: 'kafka.tools.DumpLogSegments',
  configs: 'kafka.admin.ConfigCommand',
  offsets: 'kafka.tools.GetOffsetShell',
};

const of39: Record<ToolName, string> = { ...current, dumpLog: 'kafka.tools.DumpLogSegments' };

/** The main class of a tool in the cluster's version. */
export function toolClass(cluster: KafkaCluster, tool: ToolName): string {
  if (cluster.version.startsWith('3.6.')) return of36[tool];
  return cluster.version.startsWith('3.') ? of39[tool] : current[tool];
}

export interface ConsoleOptions {
  /** Default: every partition. */
  partition?: number;
  /** Default: read_committed. */
  isolation?: Isolation;
  /** Stop after so many records. Default: as many as the Java consumer finds now, so that no time goes into waiting. */
  count?: number;
  /** Stop when no record has come for so long. Default: 30,000 ms. */
  timeoutMs?: number;
}

/**
 * The lines that Kafka's console consumer prints for a topic from its beginning, one a record, tab-separated, as
 * `CreateTime:1700000000000 Partition:0 Offset:0 name:value,name:value key value`, where something absent is `NO_HEADERS`
 * or `null`. Lines of several partitions come in any order. Binary or tab-bearing data is a matter for `readAll`.
 */
export async function consoleConsume(
  cluster: KafkaCluster,
  topic: string,
  options: ConsoleOptions = {},
): Promise<string[]> {
  const isolation = options.isolation ?? 'read_committed';
  const count = options.count ?? (await countRecords(cluster, topic, isolation, options.partition));
  if (count === 0) return [];
  const args = ['--bootstrap-server', cluster.bootstrapServers.join(','), '--topic', topic];
  args.push('--isolation-level', isolation, '--max-messages', String(count));
  args.push('--timeout-ms', String(options.timeoutMs ?? 30_000));
  if (options.partition === undefined) args.push('--from-beginning');
  else args.push('--partition', String(options.partition), '--offset', 'earliest');
  for (const part of ['timestamp', 'partition', 'offset', 'headers', 'key', 'value'])
    args.push('--property', `print.${part}=true`);
  const { stdout, stderr, code } = await cluster.tool(toolClass(cluster, 'consoleConsumer'), args);
  // It ends with code 1 or 0 when the time is over, depending on the version, after saying how many it has read.
  if (!/Processed a total of/.test(stderr) && code !== 0) throw new Error(`console consumer: ${stderr}${stdout}`);
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('Option --property is deprecated'));
}

async function countRecords(
  cluster: KafkaCluster,
  topic: string,
  isolation: Isolation,
  partition: number | undefined,
): Promise<number> {
  const records = await readAll(cluster, topic, { isolation });
  return records.filter((record) => partition === undefined || record.partition === partition).length;
}
