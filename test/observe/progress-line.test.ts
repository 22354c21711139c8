import { expect, test } from 'vitest';
import type { Reading } from '../../runtime/src/observe/meter.ts';
import { doneLine, progressLine } from '../../runtime/src/observe/progress-line.ts';

const reading: Reading = {
  stage: 'restore',
  bytes: 1_200_000_000,
  records: 600_000,
  total: { bytes: 2_400_000_000, records: 1_200_000 },
  elapsedMs: 9_230,
  bytesPerSecond: 130_000_000,
  recordsPerSecond: 65_000,
  fraction: 0.5,
  remainingMs: 69_200,
};

test('a bar, what is left, bytes, rate, records', () => {
  expect(progressLine(reading, 200)).toBe(
    'restore   ████████████░░░░░░░░░░░░  50 %  1m 10s left  1.2 GB of 2.4 GB  130 MB/s  600,000 of 1,200,000 records',
  );
});

test('what does not fit is left out from the right', () => {
  expect(progressLine(reading, 80)).toBe('restore   ████████████░░░░░░░░░░░░  50 %  1m 10s left  1.2 GB of 2.4 GB');
});

test('without a total there is no bar', () => {
  const { total: _total, fraction: _fraction, remainingMs: _remaining, ...open } = reading;
  expect(progressLine(open, 200)).toBe('restore   1.2 GB  130 MB/s  600,000 records');
});

test('a stage that is done', () => {
  expect(doneLine(reading)).toBe('restore   1.2 GB  600,000 records  9.2s  130 MB/s');
  expect(doneLine({ ...reading, stage: 'groups', bytes: 0, records: 0, elapsedMs: 412.4 })).toBe('groups    0.4s');
});
