/** What the demo shows in the end, and whether everything is there again. */
import Table from 'cli-table3';
import type { Snapshot } from '../../runtime/src/archive/snapshot.ts';
import type { GroupOffset } from '../../test/support/kafka/java-client.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { Processed } from './order-function.ts';

export function showBackups(snapshots: Snapshot[]): void {
  show(
    ['backup', 'records', 'MB', 'MB stored', 'seconds'],
    snapshots.map(({ backupId, added }) => [
      backupId,
      count(added.records),
      (added.rawBytes / 1e6).toFixed(1),
      (added.storedBytes / 1e6).toFixed(1),
      (added.durationMs / 1000).toFixed(1),
    ]),
  );
}

/** @returns whether every topic holds the same records at the same offsets */
export function showTopics(before: Map<string, Fingerprint>, after: Map<string, Fingerprint>): boolean {
  let same = true;
  const rows = [...before].map(([topic, was]) => {
    const is = after.get(topic)!;
    const records = JSON.stringify(was.partitions) === JSON.stringify(is.partitions) && was.records > 0;
    const offsets = JSON.stringify(was.offsets) === JSON.stringify(is.offsets);
    same &&= records && offsets;
    return [topic, was.partitions.length, count(was.records), count(is.records), yes(records), yes(offsets)];
  });
  show(['topic', 'partitions', 'records before', 'after', 'same records, same order', 'same offsets'], rows);
  return same;
}

export interface FunctionsWay {
  /** Committed orders that there are. */
  orders: number;
  /** In the first cluster, and where the group stood in the end. */
  before: Processed[];
  left: GroupOffset[];
  /** In the new cluster, and where the group stood when it began. */
  found: GroupOffset[];
  after: Processed[];
}

/** @returns whether the function went on where it was, and has processed every order once */
export function showFunction({ orders, before, left, found, after }: FunctionsWay): boolean {
  const of = (processed: Processed[], partition: number) => processed.filter((it) => it.partition === partition);
  let wentOn = found.length === left.length;
  const rows = left.map(({ partition, offset }) => {
    const next = found.find((it) => it.partition === partition)?.offset;
    const first = of(after, partition)[0]?.offset;
    // The end of a transaction may lie between: then the next order is behind it.
    wentOn &&= next !== undefined && next >= offset && (first ?? next) === next;
    return [`orders[${partition}]`, count(of(before, partition).length), offset, next, of(after, partition).length];
  });
  const all = [...before, ...after];
  const unique = new Set(all.map(({ order }) => order)).size;
  const [duplicates, missing] = [all.length - unique, orders - unique];
  show(
    ['partition', 'processed before', 'next offset', 'next offset there', 'processed there'],
    rows.map((row) => row.map((cell) => (typeof cell === 'number' ? count(cell) : (cell ?? 'none')))),
  );
  console.log(
    `Orders: ${count(orders)}. Processed before ${count(before.length)} + there ${count(after.length)} = ` +
      `${count(all.length)}; duplicates ${count(duplicates)}, missing ${count(missing)}.`,
  );
  return wentOn && duplicates === 0 && missing === 0 && before.length > 0 && after.length > 0;
}

function show(head: string[], rows: (string | number)[][]): void {
  const table = new Table({ head, style: { head: [], border: [] } });
  table.push(...rows);
  console.log(table.toString());
}

function count(number: number): string {
  return number.toLocaleString('en');
}

function yes(is: boolean): string {
  return is ? 'yes' : 'NO';
}
