import * as pulumi from '@pulumi/pulumi';
import { expect, test } from 'vitest';
import { checked, isPlain } from '../../components/arguments/checked.ts';
import { refuse } from '../../components/arguments/refuse.ts';
import { failure, resolved, startMocks } from './support/mocks.ts';

startMocks();

const empty = (value: string | undefined, propertyPath: string) =>
  value === '' ? [{ propertyPath, reason: 'is empty' }] : [];

test('all problems are in one error, and in its message', () => {
  const problems = [
    { propertyPath: 'topics[0]', reason: 'is empty' },
    { propertyPath: 'network.subnetIds', reason: 'names no subnet' },
  ];
  let error: unknown;
  try {
    refuse('BackupTask', 'orders', problems);
  } catch (thrown) {
    error = thrown;
  }
  expect(pulumi.InputPropertiesError.isInstance(error)).toBe(true);
  expect((error as pulumi.InputPropertiesError).errors).toEqual(problems);
  expect((error as Error).message).toBe(
    'BackupTask "orders" cannot be made:\n- topics[0]: is empty\n- network.subnetIds: names no subnet',
  );
  expect(() => refuse('BackupTask', 'orders', [])).not.toThrow();
});

test('plain arguments are checked at once, also beside those that are not known yet', () => {
  const values = { a: '', b: '', c: pulumi.output(''), d: [pulumi.output('')] };
  const checks = { a: empty, b: empty, c: empty, d: () => [{ propertyPath: 'd', reason: 'not asked yet' }] };
  expect(() => checked('X', 'x', values, checks)).toThrow('X "x" cannot be made:\n- a: is empty\n- b: is empty');
});

test('Outputs are checked when they resolve, and nothing sees a bad value', async () => {
  let seen: unknown;
  const good = checked('X', 'x', { a: pulumi.output('value') }, { a: empty });
  await expect(resolved(good)).resolves.toEqual({ a: 'value' });
  const error = await failure(() => {
    const bad = checked('X', 'x', { a: pulumi.output(''), b: Promise.resolve('') }, { a: empty, b: empty });
    bad.apply((values) => {
      seen = values;
    });
  });
  expect(error.message).toBe('X "x" cannot be made:\n- a: is empty\n- b: is empty');
  expect(seen).toBeUndefined();
});

test('checks of several arguments wait until all of them are known', async () => {
  const same = ({ a, b }: { a: string; b: string }) =>
    a === b ? [{ propertyPath: 'b', reason: 'is the same as a' }] : [];
  expect(() => checked('X', 'x', { a: 'r', b: 'r' }, {}, same)).toThrow('- b: is the same as a');
  const later = await failure(() => checked('X', 'x', { a: 'r', b: pulumi.output('r') }, {}, same));
  expect(later.message).toContain('- b: is the same as a');
});

test('plain is what holds no Output and no promise', () => {
  expect(isPlain({ a: [1, { b: undefined }], c: null })).toBe(true);
  expect(isPlain({ a: [1, { b: pulumi.output(1) }] })).toBe(false);
  expect(isPlain([Promise.resolve(1)])).toBe(false);
});
