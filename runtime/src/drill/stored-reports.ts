import type { ObjectStore } from '../storage/object-store.ts';
import { startOfDrill } from './drill-id.ts';
import type { DrillReport } from './report.ts';

/** Keys sort by time, since ids begin with it. */
const REPORT = /^([^/]+)\.json$/;

/** Keeps a report, and the page for people. Both are created and never written again. */
export async function storeReport(store: ObjectStore, report: DrillReport, page: string): Promise<void> {
  await store.put(`${report.id}.html`, Buffer.from(page));
  // Last: who finds the report finds its page.
  await store.put(`${report.id}.json`, Buffer.from(`${JSON.stringify(report, undefined, 2)}\n`));
}

/** The newest reports, the oldest of them first. One that cannot be read is left out. */
export async function lastReports(store: ObjectStore, count: number): Promise<DrillReport[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('')) {
    const id = REPORT.exec(key)?.[1];
    if (id !== undefined && startOfDrill(id) !== undefined) keys.push(key);
  }
  const bodies = await Promise.all(keys.slice(-count).map((key) => store.get(key)));
  return bodies.flatMap((body) => {
    try {
      return [JSON.parse(body.toString('utf8')) as DrillReport];
    } catch {
      return [];
    }
  });
}
