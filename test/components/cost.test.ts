import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'cost.md'), 'utf8');

/** A sum of products, as the page writes them. */
function calculate(text: string): number {
  return text
    .split(' + ')
    .map((product) =>
      product.split(/ (?=[×÷] )/).reduce((value, factor) => {
        const [, operator, number] = /^(?:([×÷]) )?([\d.]+)$/.exec(factor) ?? [];
        if (number === undefined) throw new Error(`not a number: ${factor} in ${text}`);
        return operator === '÷' ? value / Number(number) : value * Number(number);
      }, 1),
    )
    .reduce((sum, value) => sum + value, 0);
}

test('Every sum of docs/cost.md is right', () => {
  const sums = [...page.matchAll(/`([\d. ×÷+]+) = ([\d.]+)`/g)];
  expect(sums.length).toBeGreaterThan(20);
  for (const [whole, formula, result] of sums)
    expect(`${formula} = ${calculate(formula!).toFixed(2)}`, whole).toBe(`${formula} = ${result}`);
});

test('What the first month costs together is what its parts cost', () => {
  const rows = [...page.matchAll(/^\| .* \| `.* = ([\d.]+)` \|/gm)].map(([, result]) => Number(result));
  const [, together] = /^Together: `.* = ([\d.]+)`/m.exec(page)!;
  expect(rows.reduce((sum, value) => sum + value, 0)).toBeCloseTo(Number(together), 2);
});

test('Arguments that it names exist', () => {
  const { resources, types } = JSON.parse(readFileSync(join(root, 'schema.json'), 'utf8'));
  const backup = resources['msk-backup:index:MskBackup'].inputProperties;
  const unknown = [...page.matchAll(/`([a-z][A-Za-z]+(?:\.[A-Za-z]+)*)(?:: '[A-Z_a-z0-9]+')?`/g)]
    .map(([, path]) => path!)
    .filter((path) => {
      let properties = backup;
      for (const key of path.split('.')) {
        const property = properties?.[key];
        if (property === undefined) return true;
        properties = types[property.$ref?.replace('#/types/', '')]?.properties;
      }
      return false;
    });
  expect(unknown).toEqual([]);
});
