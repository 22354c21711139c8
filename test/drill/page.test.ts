import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import bundledChromium from '@sparticuz/chromium';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drillPage } from '../../runtime/src/drill/page.ts';
import type { DrillReport } from '../../runtime/src/drill/report.ts';

function report(day: number, over: Partial<DrillReport> = {}): DrillReport {
  const time = `2026-11-${String(day).padStart(2, '0')}T11:05:01.000Z`;
  return {
    id: `202611${String(day).padStart(2, '0')}T110501Z-00ff`,
    startedAt: time,
    finishedAt: time,
    succeeded: true,
    problems: [],
    archive: 's3://replica/msk/orders',
    snapshot: { backupId: 'hourly', sequence: day, cutTime: time, ageSeconds: 100 * day, newerNotWhole: 0 },
    offsets: 'exact',
    topics: [{ source: 'orders', target: 'drill-orders', partitions: 3, records: 1234567 }],
    records: 1234567,
    storedBytes: 5e6,
    rawBytes: day * 1e9,
    verified: { records: 1234567, partitions: 3, ofPartitions: 3, differences: [] },
    groups: { checked: 2, offsets: 6, differences: [] },
    seconds: { restore: 20, groups: 1, cleanUp: 2, total: 23 + day },
    leftOver: [],
    removed: [],
    ...over,
  };
}

let browser: Browser;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'msk-backup-page-'));
  browser = await chromium.launch({
    executablePath: await bundledChromium.executablePath(),
    // The package's own options are for one page in Lambda. Nothing is to be asked of the network.
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
});
afterAll(async () => {
  await browser?.close();
  await rm(directory, { recursive: true, force: true });
});

/** Opens the page from a file, as somebody who was sent it would. */
async function open(reports: DrillReport[]): Promise<{ page: Page; requests: string[] }> {
  const file = join(directory, `${reports.at(-1)!.id}.html`);
  await writeFile(file, drillPage(reports));
  const page = await browser.newPage({ viewport: { width: 900, height: 1200 } });
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  return { page, requests };
}

test('what was found, and a bar for each drill, as high as its value', async () => {
  const { page, requests } = await open([1, 2, 3, 4].map((day) => report(day)));
  expect(await page.locator('.verdict').textContent()).toContain('nothing differs');
  expect(await page.locator('body').textContent()).toContain('1,234,567 records in 3 of 3 partitions');
  const plots = page.locator('figure');
  expect(await plots.count()).toBe(3);
  for (let index = 0; index < 3; index++) {
    const boxes = await plots.nth(index).locator('rect').all();
    const heights = await Promise.all(boxes.map(async (box) => (await box.boundingBox())!.height));
    expect(heights).toHaveLength(4);
    expect(heights.toSorted((a, b) => a - b)).toEqual(heights);
  }
  const ages = await plots.first().locator('rect').all();
  const [first, last] = [(await ages[0]!.boundingBox())!.height, (await ages[3]!.boundingBox())!.height];
  expect(last / first).toBeCloseTo(4, 0);
  // One file: it asks for nothing else.
  expect(requests).toHaveLength(1);
  // Nothing runs out of its place on a narrow screen either.
  await page.setViewportSize({ width: 380, height: 800 });
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(380);
  await page.close();
});

test('a drill that failed is red, and says why, whatever is in its names', async () => {
  const problem = 'topic <img src=x onerror=alert(1)> & "more" differs';
  const failed = report(5, { succeeded: false, problems: [problem], snapshot: undefined });
  const { page } = await open([report(4), failed]);
  expect(await page.locator('.verdict').textContent()).toContain('did not succeed');
  expect(await page.locator('.problems li').textContent()).toBe(problem);
  expect(await page.locator('img').count()).toBe(0);
  const fills =
    "[...document.querySelectorAll('figure')[1].querySelectorAll('rect')].map((bar) => getComputedStyle(bar).fill)";
  const colours = (await page.evaluate(fills)) as string[];
  expect(colours).toHaveLength(2);
  expect(colours[0]).not.toBe(colours[1]);
  await page.close();
});
