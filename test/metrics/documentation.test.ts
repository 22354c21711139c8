import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';
import { LIVE_METRICS, METRICS, type MetricDefinition } from '../../runtime/src/metrics/catalog.ts';
import { NAMESPACE } from '../../runtime/src/metrics/embedded-metric-format.ts';

const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');

/** The cells of the rows of all tables that have these headings. */
function rows(...headings: string[]): string[][] {
  const tables = page.match(/(^\|.*\n)+/gm) ?? [];
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  return tables
    .map((table) => table.trimEnd().split('\n').map(cells))
    .filter(([head]) => head!.join() === headings.join())
    .flatMap(([, , ...body]) => body);
}

const name = (cell: string) => /^`(\w+)`$/.exec(cell)![1]!;

describe('docs/metrics.md', () => {
  test('has every metric with its unit, and no other', () => {
    const documented = rows('Metric', 'Unit', 'Topic', 'Meaning').map(([metric, unit]) => [name(metric!), unit]);
    expect(documented).toEqual(Object.entries(METRICS).map(([metric, { unit }]) => [metric, unit]));
  });

  test('has the names for Prometheus', () => {
    const documented = rows('CloudWatch', 'Prometheus').map((cells) => cells.map(name));
    const served = Object.entries<MetricDefinition>(METRICS).flatMap(([metric, { prometheus }]) =>
      prometheus === undefined ? [] : [[metric, prometheus]],
    );
    expect(documented).toEqual(served);
  });

  test('has what is told while a run goes on', () => {
    const documented = rows('Metric', 'Type', 'Meaning').map(([metric, type]) => [name(metric!), type]);
    expect(documented).toEqual(Object.entries(LIVE_METRICS).map(([metric, { type }]) => [metric, type]));
  });

  test('names the namespace, and alarms on metrics that there are', () => {
    expect(page).toContain(`The namespace is \`${NAMESPACE}\``);
    const alarms = rows('What to know', 'Alarm').map(([, alarm]) => /^`(\w+)`/.exec(alarm!)![1]!);
    expect(alarms.length).toBeGreaterThan(5);
    expect(alarms.filter((metric) => !(metric in METRICS))).toEqual([]);
  });

  test('has a section that a configuration may have', () => {
    const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(page)!;
    const text = `source: {bootstrap_servers: "b:9092"}\nstorage: /backups\n${yaml}`;
    const { job, remarks } = parseConfiguration(text, { file: 'page', env: {}, now: new Date(0) });
    expect(job.metrics).toEqual({ cloudwatch: true, topics: false });
    expect(remarks).toEqual([]);
  });
});
