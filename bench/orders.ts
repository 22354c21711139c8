import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const STREETS = ['Lindenstrasse', 'Rue de la Paix', 'High Street', 'Via Roma', 'Gran Via', 'Main Street', 'Kungsgatan'];
const STATES = ['PLACED', 'PAID', 'PACKED', 'SHIPPED', 'DELIVERED', 'RETURNED'];
const WORDS = 'express fragile gift weekday invoice prepaid bulk chilled insured repeat first oversize'.split(' ');

/** An order as JSON of about 1 kB: repeated field names, numbers and identifiers that do not repeat. */
function order(random: () => number, number: number): string {
  const pick = <T>(list: T[]): T => list[Math.floor(random() * list.length)]!;
  const half = () =>
    Math.floor(random() * 2 ** 24)
      .toString(16)
      .padStart(6, '0');
  const id = () => half() + half();
  const items = Array.from({ length: 5 }, () => ({
    sku: `SKU-${id()}`,
    quantity: 1 + Math.floor(random() * 9),
    unitPrice: Math.floor(random() * 100_000) / 100,
    note: pick(WORDS),
  }));
  return JSON.stringify({
    orderId: `${id()}-${id()}`,
    number,
    customer: { id: id(), email: `${id()}@example.com`, segment: pick(WORDS) },
    shipping: {
      street: `${pick(STREETS)} ${Math.floor(random() * 300)}`,
      zip: Math.floor(random() * 99_999),
      geo: [random() * 90, random() * 180],
    },
    status: pick(STATES),
    placedAt: 1_700_000_000_000 + Math.floor(random() * 1e10),
    items,
    trace: `${id()}${id()}${id()}`,
    remarks: Array.from({ length: 40 }, () => pick(WORDS)).join(' '),
  });
}

/** Writes one order a line, for `ProducerPerformance --payload-file`. */
export async function writeOrders(path: string, lines: number): Promise<void> {
  const random = randomNumbers(42);
  const file = createWriteStream(path);
  for (let i = 0; i < lines; i++) {
    if (!file.write(`${order(random, i)}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}
