/** Reads metric lines as CloudWatch Logs does: by the schema of AWS's specification of the embedded metric format. */
import { expect } from 'vitest';
import { z } from 'zod';

const UNITS =
  'Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits Megabits Gigabits ' +
  'Terabits Percent Count Bytes/Second Kilobytes/Second Megabytes/Second Gigabytes/Second Terabytes/Second Bits/Second ' +
  'Kilobits/Second Megabits/Second Gigabits/Second Terabits/Second Count/Second None';

const directive = z.object({
  Namespace: z.string().min(1).max(1024),
  Dimensions: z.array(z.array(z.string().min(1).max(250)).min(1).max(30)).min(1),
  Metrics: z
    .array(
      z.object({
        Name: z.string().min(1).max(1024),
        Unit: z.enum(UNITS.split(' ')).optional(),
        StorageResolution: z.literal([1, 60]).optional(),
      }),
    )
    .min(1)
    .max(100),
});

const line = z.looseObject({
  _aws: z.object({ Timestamp: z.int(), CloudWatchMetrics: z.array(directive).min(1) }),
});

export interface MetricSet {
  namespace: string;
  dimensions: Record<string, string>;
  values: Record<string, number>;
  units: Record<string, string | undefined>;
  /** What else is in the line. */
  properties: Record<string, unknown>;
}

/** The metric lines of an output. Each has to be of the format; other lines are passed over. */
export function metricSets(output: string): MetricSet[] {
  return output
    .split('\n')
    .filter((text) => text.includes('"_aws"'))
    .flatMap(readLine);
}

function readLine(text: string): MetricSet[] {
  // CloudWatch Logs takes no larger event.
  expect(Buffer.byteLength(text)).toBeLessThan(256 * 1024);
  const { _aws, ...members } = line.parse(JSON.parse(text));
  // Metrics with an older or newer time are thrown away: two weeks, two hours. A test's are of now.
  expect(Math.abs(Date.now() - _aws.Timestamp)).toBeLessThan(600_000);
  return _aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.map((names) => {
      const dimensions = Object.fromEntries(
        names.map((name) => [name, z.string().min(1).max(1024).parse(members[name])]),
      );
      const values = Object.fromEntries(Metrics.map(({ Name }) => [Name, z.number().parse(members[Name])]));
      const units = Object.fromEntries(Metrics.map(({ Name, Unit }) => [Name, Unit]));
      const properties = Object.fromEntries(
        Object.entries(members).filter(([name]) => !(name in dimensions) && !(name in values)),
      );
      return { namespace: Namespace, dimensions, values, units, properties };
    }),
  );
}
