import { randomNumbers, writeLines } from './lines.ts';

const STREETS = ['Lindenstrasse', 'Rue de la Paix', 'High Street', 'Via Roma', 'Gran Via', 'Main Street', 'Kungsgatan'];
const COUNTRIES = ['DE', 'FR', 'GB', 'IT', 'ES', 'US', 'SE'];
const STATES = ['PLACED', 'PAID', 'PACKED', 'SHIPPED', 'DELIVERED', 'RETURNED'];
const WORDS = 'express fragile gift weekday invoice prepaid bulk chilled insured repeat first oversize'.split(' ');

/** How many customers and articles the shop has: what repeats in its orders. */
const CUSTOMERS = 200_000;
const ARTICLES = 5_000;

/** An order as JSON of about 1 kB: field names and texts that repeat, customers and articles of a shop, an id of its own. */
function order(random: () => number, number: number): string {
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(list: T[]): T => list[below(list.length)]!;
  const hex = (digits: number) =>
    below(16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  const customer = below(CUSTOMERS);
  const items = Array.from({ length: 5 }, () => {
    const article = below(ARTICLES);
    return {
      sku: `SKU-${String(article).padStart(6, '0')}`,
      quantity: 1 + below(9),
      unitPrice: ((article * 7919) % 50_000) / 100,
      note: pick(WORDS),
    };
  });
  return JSON.stringify({
    orderId: `${hex(8)}-${hex(4)}-4${hex(3)}-${hex(4)}-${hex(6)}${hex(6)}`,
    number,
    customer: { id: customer, email: `customer-${customer}@example.com`, segment: pick(WORDS) },
    shipping: { street: `${pick(STREETS)} ${below(300)}`, zip: 10_000 + (customer % 9_000), country: pick(COUNTRIES) },
    status: pick(STATES),
    placedAt: 1_700_000_000_000 + number * 40 + below(1000),
    items,
    remarks: Array.from({ length: 48 }, () => pick(WORDS)).join(' '),
  });
}

/** Writes one order a line, for `ProducerPerformance --payload-file`. */
export async function writeOrders(path: string, lines: number): Promise<void> {
  const random = randomNumbers(42);
  await writeLines(path, lines, (number) => order(random, number));
}
