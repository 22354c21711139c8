/**
 * CloudWatch's embedded metric format: a JSON line in a log, from which CloudWatch Logs makes metrics. No call, no
 * permission, and nothing is lost when the process ends.
 *
 *     {"_aws": {"Timestamp": <ms>, "CloudWatchMetrics": [{"Namespace": …, "Dimensions": [["Archive"]],
 *      "Metrics": [{"Name": "BackupSucceeded", "Unit": "None"}, …]}]}, "Archive": …, "BackupSucceeded": 1, …}
 */
import { METRICS, type MetricName, type MetricValues } from './catalog.ts';

export const NAMESPACE = 'KafkaBackup';

/** CloudWatch takes no longer value of a dimension. */
const LONGEST_DIMENSION = 1024;

/** All that a set of values is told apart by. */
export interface Dimensions {
  /** See `archiveName`. */
  archive: string;
  topic?: string;
}

/**
 * @param time epoch milliseconds
 * @param properties further fields of the line, to find it by in the log; no dimensions
 */
export function metricLine(
  values: MetricValues,
  { archive, topic }: Dimensions,
  time: number,
  properties: Record<string, string> = {},
): string {
  const dimensions: Record<string, string> = {
    Archive: archive.slice(0, LONGEST_DIMENSION),
    ...(topic !== undefined && { Topic: topic }),
  };
  const known = Object.entries(values) as [MetricName, number][];
  return JSON.stringify({
    _aws: {
      Timestamp: time,
      CloudWatchMetrics: [
        {
          Namespace: NAMESPACE,
          Dimensions: [Object.keys(dimensions)],
          Metrics: known.map(([name]) => ({ Name: name, Unit: METRICS[name].unit })),
        },
      ],
    },
    ...properties,
    ...dimensions,
    ...Object.fromEntries(known),
  });
}
