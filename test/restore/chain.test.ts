import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchChain, EMPTY_CHAIN } from '../../runtime/src/batch/crc32c.ts';
import { joinChains } from '../../runtime/src/restore/check/chain.ts';

const crcs = fc.array(fc.nat(0xffffffff), { maxLength: 50 });

test('chains of consecutive frames join to the chain of all their batches', () => {
  fc.assert(
    fc.property(fc.array(crcs, { maxLength: 8 }), (frames) => {
      const joined = frames.reduce((chain, frame) => joinChains(chain, batchChain(frame), frame.length), EMPTY_CHAIN);
      expect(joined).toBe(batchChain(frames.flat()));
    }),
  );
});

test('a chain is joined over more bytes than a 32-bit number can count', () => {
  const zeros = joinChains(batchChain([7]), EMPTY_CHAIN, 2 ** 31);
  // In two steps it is the same.
  expect(joinChains(joinChains(batchChain([7]), EMPTY_CHAIN, 2 ** 30), EMPTY_CHAIN, 2 ** 30)).toBe(zeros);
});
