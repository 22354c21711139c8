import { describe, expect, test } from 'vitest';
import { Meter } from '../../runtime/src/observe/meter.ts';

/** A meter and a clock that the test sets, in seconds. */
function at(total?: { bytes?: number; records?: number }) {
  let now = 0;
  const meter = new Meter('copy', total, () => now);
  const pass = (seconds: number) => {
    now += seconds * 1000;
  };
  return { meter, pass };
}

describe('Meter', () => {
  test('rate and remaining time', () => {
    const { meter, pass } = at({ bytes: 1000 });
    for (let n = 0; n < 4; n++) {
      pass(1);
      meter.advance({ bytes: 100, records: 5 });
    }
    expect(meter.read()).toMatchObject({
      stage: 'copy',
      bytes: 400,
      records: 20,
      elapsedMs: 4000,
      bytesPerSecond: 100,
      recordsPerSecond: 5,
      fraction: 0.4,
      remainingMs: 6000,
    });
  });

  test('the rate follows a change, and forgets what is long past', () => {
    const { meter, pass } = at({ bytes: 100_000 });
    for (let n = 0; n < 60; n++) {
      pass(1);
      meter.advance({ bytes: 1000 });
    }
    for (let n = 0; n < 20; n++) {
      pass(1);
      meter.advance({ bytes: 10 });
    }
    expect(meter.read().bytesPerSecond).toBe(10);
  });

  test('nothing moves: no remaining time', () => {
    const { meter, pass } = at({ bytes: 100 });
    meter.advance({ bytes: 50 });
    pass(60);
    meter.advance({});
    pass(60);
    expect(meter.read().fraction).toBe(0.5);
    expect(meter.read()).not.toHaveProperty('remainingMs');
  });

  test('more than was expected is all of it', () => {
    const { meter, pass } = at({ records: 10 });
    pass(1);
    meter.advance({ records: 12 });
    expect(meter.read()).toMatchObject({ fraction: 1, remainingMs: 0 });
  });

  test.each([undefined, {}, { bytes: 0 }])('without a total there is no fraction: %j', (total) => {
    const { meter, pass } = at(total);
    pass(1);
    meter.advance({ bytes: 1 });
    expect(meter.read()).not.toHaveProperty('fraction');
  });
});
