import { expect, test } from 'vitest';
import { CountedProgress } from '../../runtime/src/metrics/counted-progress.ts';
import { PrometheusValues } from '../../runtime/src/metrics/prometheus-values.ts';
import { silent } from '../../runtime/src/observe/progress.ts';

const lines = async (values: PrometheusValues) =>
  (await values.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('a topic that is gone is not told of any more', async () => {
  const values = new PrometheusValues();
  values.set({ BackupLagRecords: 3 }, { archive: 'a' });
  for (const topic of ['orders', 'gone']) values.set({ BackupLagRecords: 1 }, { archive: 'a', topic });
  values.keepTopics(new Set(['orders']), 'a');
  expect(await lines(values)).toEqual([
    'kafka_backup_lag_records{archive="a"} 3',
    'kafka_backup_lag_records{archive="a",topic="orders"} 1',
  ]);
});

test('only the stage that the run is about counts, and over all its turns', async () => {
  const progress = new CountedProgress(silent, 'restore');
  const values = new PrometheusValues();
  values.watch('restore', 'a', progress);
  const total = async () => (await lines(values)).find((line) => line.startsWith('kafka_restore_records_total'));
  expect(await total()).toBe('kafka_restore_records_total{archive="a"} 0');
  progress.stage('restore', { records: 10 });
  progress.advance({ records: 4 });
  progress.stage('verify', { records: 4 });
  progress.advance({ records: 4 });
  progress.stage('restore', { records: 2 });
  progress.advance({ records: 1, bytes: 9 });
  expect(await total()).toBe('kafka_restore_records_total{archive="a"} 5');
  const now = await lines(values);
  expect(now).toContain('kafka_restore_bytes_total{archive="a"} 9');
  expect(now).toContain('kafka_restore_remaining_records{archive="a"} 1');
  expect(now).toContain('kafka_restore_progress_percent{archive="a"} 50');
});

test('what drills have is for CloudWatch alone', async () => {
  const values = new PrometheusValues();
  values.set({ DrillSucceeded: 1 }, { archive: 'a' });
  expect(await lines(values)).toEqual([]);
});
