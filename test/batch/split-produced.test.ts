import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBatch } from '../../runtime/src/batch/encode.ts';
import { needsRebuild, patchForProduce } from '../../runtime/src/batch/produce-form.ts';
import { splitProduced } from '../../runtime/src/batch/split-produced.ts';
import { codec, lines, someRecords } from './arbitrary.ts';
import { decodeAll, stored } from './rebuilt.ts';

test('what is left of a batch after its first records, as it was', async () => {
  const records = someRecords({ maxLength: 30, holes: false });
  await fc.assert(
    fc.asyncProperty(records, codec, fc.nat(30), async (list, name, skip) => {
      const numbered = list.map((record, offset) => ({ ...record, offset }));
      const bytes = await encodeBatch(numbered, { codec: name, timestampType: 'CreateTime' });
      patchForProduce(bytes, { producerId: 7, producerEpoch: 1, baseSequence: 100 });
      const before = Buffer.from(bytes);
      const rest = await splitProduced(bytes, Math.min(skip, list.length));
      expect(bytes.equals(before)).toBe(true);
      expect(lines(rest === undefined ? [] : await decodeAll([rest]))).toEqual(lines(numbered.slice(skip)));
      if (rest === undefined) return;
      const { header } = stored(rest.bytes)[0]!;
      expect(header.codec).toBe(name);
      expect(needsRebuild(header)).toBeUndefined();
    }),
    { numRuns: 200 },
  );
});
