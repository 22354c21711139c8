import { sliceRuns } from '../../batch/offset-runs.ts';
import { decodeRecords, type Record } from '../../batch/records.ts';
import { splitProduced } from '../../batch/split-produced.ts';
import { walkBatches } from '../../batch/walk.ts';
import { MskBackupError } from '../../errors.ts';
import { requireOnlyMarkers } from '../exact/only-markers.ts';
import { differenceOf } from '../read/compare-records.ts';
import type { TargetReader } from '../read/target-reader.ts';
import type { PartitionTask, Resume } from './partition-task.ts';
import type { PreparedBatch } from './prepare-chunk.ts';

/**
 * Skips what an earlier run of the restore has written. Nobody else writes to the partition, so the records there are the
 * first ones of the archive, in their order: how many there are says where to go on. The last of them are compared.
 */
export class AlreadyThere {
  readonly #task: PartitionTask;
  readonly #end: number;
  readonly #reader: TargetReader;
  /** The last batch that was skipped, and where its records are. */
  #last: { bytes: Buffer; target: number; count: number } | undefined;
  #over = false;

  constructor(task: PartitionTask, { end }: Resume, reader: TargetReader) {
    this.#task = task;
    this.#end = end;
    this.#reader = reader;
  }

  /**
   * @param acknowledged called when the target has the whole batch already
   * @returns what of the batch has to be written; undefined for nothing
   * @throws MskBackupError `TARGET_DIFFERS` when the last records there are others than the archive's
   */
  async skip(batch: PreparedBatch, acknowledged: () => void): Promise<PreparedBatch | undefined> {
    if (this.#over) return batch;
    const { writer, extent } = this.#task;
    const target = extent === undefined ? writer.ledger.end : batch.runs[0]!.from;
    const there = Math.min(batch.records, this.#end - target);
    if (there > 0) this.#last = { bytes: batch.bytes, target, count: there };
    if (there === batch.records) {
      writer.alreadyThere({ ...batch, acknowledged }, target);
      return undefined;
    }
    const cut = Math.max(0, there);
    const [first, second] = [sliceRuns(batch.runs, 0, cut), sliceRuns(batch.runs, cut, batch.records - cut)];
    if (cut > 0) writer.alreadyThere({ ...batch, records: cut, runs: first, crcs: [], acknowledged() {} }, target);
    await this.check();
    if (cut === 0) return batch;
    const rest = await splitProduced(batch.bytes, cut);
    return { ...batch, bytes: rest!.bytes, records: batch.records - cut, runs: second };
  }

  /**
   * What is there has come to its end: compares the last of it, and goes on at the log end.
   * @throws MskBackupError `TARGET_DIFFERS`, `TARGET_WRITTEN_BY_OTHERS`
   */
  async check(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    const { writer, extent } = this.#task;
    if (extent === undefined && writer.ledger.end !== this.#end)
      throw this.#differs(`it holds more records than the archive`);
    if (this.#last !== undefined) await this.#compare(this.#last);
    if (extent !== undefined) {
      await requireOnlyMarkers(this.#reader, writer, Math.max(extent.start, writer.ledger.end), this.#end);
    }
    writer.advance(Math.max(this.#end, writer.ledger.end));
  }

  async #compare({ bytes, target, count }: { bytes: Buffer; target: number; count: number }): Promise<void> {
    const { writer } = this.#task;
    const [header] = walkBatches(bytes, { topic: writer.topic, partition: writer.partition }).batches;
    const expected = (await decodeRecords(bytes, header!)).slice(0, count);
    const found: Record[] = [];
    const range = { from: target, until: target + count };
    for await (const records of this.#reader.records(writer.topic, writer.partition, [range])) found.push(...records);
    if (found.length !== count)
      throw this.#differs(`it holds ${found.length} records at offsets ${target} to ${range.until - 1}`);
    for (const [index, record] of found.entries()) {
      const what = differenceOf(expected[index]!, record);
      if (what !== undefined) throw this.#differs(`the record at offset ${record.offset} ${what}`);
    }
  }

  #differs(what: string): MskBackupError {
    return new MskBackupError(
      'data',
      'TARGET_DIFFERS',
      `${this.#task.writer.place}: ${what}, so what is there is not the beginning of this restore; begin anew with --recreate, or delete the topic`,
    );
  }
}
