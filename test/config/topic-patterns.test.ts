import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLiteral, matchesAnyPattern, matchesSelection } from '../../runtime/src/config/topic-patterns.ts';

describe('topic patterns', () => {
  test.each([
    ['orders', 'orders', true],
    ['orders', 'orders-eu', false],
    ['orders', 'Orders', false],
    ['orders*', 'orders', true],
    ['orders*', 'my-orders', false],
    ['*-events', 'order-events', true],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['?', '', false],
    ['order?', 'orders', true],
    ['order?', 'order', false],
    ['o*d*s', 'orders', true],
    ['o*d*z', 'orders', false],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false],
    ['{a,b}', 'a', false],
    ['amazon.lambda.*', 'amazon.lambda.12345678-1234-1234-1234-123456789012', true],
    ['amazon.lambda.*', 'amazonxlambda.1', false],
  ])('%s against %s: %s', (pattern, name, matches) => {
    expect(matchesAnyPattern(name, [pattern])).toBe(matches);
  });

  test('agree with a regular expression made of the same glob', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '.', '*', '?'), { maxLength: 8 });
    const name = fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 10 });
    fc.assert(
      fc.property(letters, name, (pattern, text) => {
        const source = pattern.map((c) => (c === '*' ? '.*' : c === '?' ? '.' : `[${c}]`)).join('');
        expect(matchesAnyPattern(text.join(''), [pattern.join('')])).toBe(
          new RegExp(`^${source}$`).test(text.join('')),
        );
      }),
    );
  });

  test('a pattern of many stars does not take exponential time', () => {
    expect(matchesAnyPattern('a'.repeat(249), [`${'*a'.repeat(60)}*b`])).toBe(false);
  });

  test('an empty include means all, and exclude wins', () => {
    expect(matchesSelection('a', { include: [], exclude: [] })).toBe(true);
    expect(matchesSelection('a', { include: [], exclude: ['a*'] })).toBe(false);
    expect(matchesSelection('ab', { include: ['a*'], exclude: ['ab'] })).toBe(false);
    expect(matchesSelection('b', { include: ['a*'], exclude: [] })).toBe(false);
  });

  test('a regular expression counts only where it is allowed, and is searched for anywhere', () => {
    const selection = { include: ['~(orders|payments)-v[0-9]+'], exclude: [] };
    expect(matchesSelection('old-orders-v2-copy', selection, { regexAllowed: true })).toBe(true);
    expect(matchesSelection('orders-vx', selection, { regexAllowed: true })).toBe(false);
    expect(matchesSelection('old-orders-v2-copy', selection)).toBe(false);
    expect(matchesSelection('orders', { include: [], exclude: ['~^ord'] }, { regexAllowed: true })).toBe(false);
  });

  test('a literal is a pattern that can only match itself', () => {
    expect(['orders', 'a.b-c_d', 'orders*', 'order?', '~orders'].map(isLiteral)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
