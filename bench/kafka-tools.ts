import { type Measured, measure } from './measure.ts';

/** What Kafka's own launcher script gives its tools. */
const JAVA = ['java', '-Xmx1g', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'];

/** A tool's own word on how long the transfer took, without the start of its virtual machine. */
export interface ToolRun extends Measured {
  /** Seconds of fetching or sending. */
  ownSeconds: number;
}

/** Reads the whole topic with Kafka's consumer performance tool. */
export async function consume(
  scratch: string,
  classPath: string,
  servers: string,
  topic: string,
  records: number,
): Promise<ToolRun> {
  const run = await measure(scratch, [
    ...JAVA,
    '-cp',
    classPath,
    'org.apache.kafka.tools.ConsumerPerformance',
    ...['--bootstrap-server', servers, '--topic', topic, '--num-records', String(records), '--hide-header'],
  ]);
  // start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s
  const row = run.stdout.split('\n').find((line) => line.split(', ').length === 10);
  const columns = row?.split(', ') ?? [];
  if (Number(columns[4]) < records)
    throw new Error(`the consumer tool read ${columns[4]} of ${records} records:\n${run.stdout}`);
  return { ...run, ownSeconds: Number(columns[7]) / 1000 };
}

/** Sends a data set with Kafka's producer performance tool. */
export async function produce(
  scratch: string,
  classPath: string,
  servers: string,
  topic: string,
  records: number,
  arguments_: string[],
  properties: string[],
): Promise<ToolRun> {
  const run = await measure(scratch, [
    ...JAVA,
    '-cp',
    classPath,
    'org.apache.kafka.tools.ProducerPerformance',
    ...['--topic', topic, '--num-records', String(records), '--throughput', '-1', ...arguments_],
    ...['--producer-props', `bootstrap.servers=${servers}`, ...properties],
  ]);
  // "1250000 records sent, 98845.484738 records/sec (96.02 MB/sec), …", the last such line is the whole
  const rates = [...run.stdout.matchAll(/^(\d+) records sent, ([\d.]+) records\/sec/gm)];
  const last = rates.at(-1);
  if (last === undefined || Number(last[1]) !== records)
    throw new Error(`the producer tool did not send all:\n${run.stdout}`);
  return { ...run, ownSeconds: records / Number(last[2]) };
}
