import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from '../../runtime/src/kafka/address.ts';
import { kafkaError, protocolError } from '../../runtime/src/kafka/protocol/error-codes.ts';
import { Reader, Writer } from '../../runtime/src/kafka/protocol/wire.ts';

const int32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };

describe('Writer and Reader', () => {
  it('give back every primitive', () => {
    const values = fc.record({
      boolean: fc.boolean(),
      int8: fc.integer({ min: -128, max: 127 }),
      int16: fc.integer({ min: -32768, max: 32767 }),
      int32: fc.integer(int32),
      int64: fc.maxSafeInteger(),
      uvarint: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      string: fc.string({ unit: 'binary' }),
      nullable: fc.option(fc.string({ unit: 'binary', maxLength: 1000 })),
      uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
      array: fc.array(fc.integer(int32)),
      piece: fc.uint8Array(),
    });
    fc.assert(
      fc.property(values, (v) => {
        const writer = new Writer()
          .boolean(v.boolean)
          .int8(v.int8)
          .int16(v.int16)
          .append(v.piece)
          .int32(v.int32)
          .int64(v.int64)
          .uvarint(v.uvarint)
          .string(v.string)
          .compactString(v.string)
          .nullableString(v.nullable)
          .uuid(v.uuid)
          .noTags();
        writer.array(v.array, (n) => writer.int32(n)).compactArray(v.array, (n) => writer.int32(n));
        const reader = new Reader(Buffer.concat(writer.pieces()));
        expect(reader.boolean()).toBe(v.boolean);
        expect(reader.int8()).toBe(v.int8);
        expect(reader.int16()).toBe(v.int16);
        expect([...reader.take(v.piece.length)]).toEqual([...v.piece]);
        expect(reader.int32()).toBe(v.int32);
        expect(reader.int64()).toBe(v.int64 + 0);
        expect(reader.uvarint()).toBe(v.uvarint);
        const utf8 = Buffer.from(v.string).toString();
        expect(reader.string()).toBe(utf8);
        expect(reader.compactString()).toBe(utf8);
        expect(reader.nullableString()).toBe(v.nullable === null ? null : Buffer.from(v.nullable).toString());
        expect(reader.uuid()).toBe(v.uuid);
        reader.skipTags();
        expect(reader.array((r) => r.int32())).toEqual(v.array);
        expect(reader.compactArray((r) => r.int32())).toEqual(v.array);
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it('hands out appended bytes and parts of an answer without copying', () => {
    const piece = new Uint8Array([1, 2, 3]);
    const pieces = new Writer().int8(0).append(piece).int8(9).pieces();
    expect(pieces.map((bytes) => [...bytes])).toEqual([[0], [1, 2, 3], [9]]);
    expect(pieces[1]).toBe(piece);

    const answer = Buffer.from([0, 0, 0, 2, 7, 8]);
    const view = new Reader(answer).bytes();
    answer[4] = 42;
    expect([...view]).toEqual([42, 8]);
  });

  it('reads null as null, or as empty for bytes and arrays', () => {
    const reader = new Reader(Buffer.from('ffff' + '00' + 'ffffffff' + 'ffffffff' + '00', 'hex'));
    expect(reader.nullableString()).toBeNull();
    expect(reader.compactNullableString()).toBeNull();
    expect(reader.bytes()).toHaveLength(0);
    expect(reader.array(() => 1)).toEqual([]);
    expect(reader.compactArray(() => 1)).toEqual([]);
  });

  it('skips tagged fields that it does not know', () => {
    const reader = new Reader(Buffer.from('02' + '00' + '03' + 'aabbcc' + '8101' + '01' + 'dd' + '7f', 'hex'));
    reader.skipTags();
    expect(reader.int8()).toBe(0x7f);
  });

  it('refuses an int64 that a number does not hold', () => {
    for (const hex of ['0020000000000000', '7fffffffffffffff', 'ffdfffffffffffff']) {
      expect(() => new Reader(Buffer.from(hex, 'hex')).int64()).toThrow(
        expect.objectContaining({ kind: 'data', code: 'OFFSET_TOO_LARGE' }),
      );
    }
    expect(new Reader(Buffer.from('001fffffffffffff', 'hex')).int64()).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('refuses lengths beyond the end', () => {
    const bytes = Buffer.from('7fffffff00', 'hex');
    expect(() => new Reader(bytes).bytes()).toThrow(RangeError);
    expect(() => new Reader(bytes).array((r) => r.int8())).toThrow(RangeError);
    expect(() => new Reader(bytes).string()).toThrow(RangeError);
    expect(() => new Reader(Buffer.from('ffffffffff01', 'hex')).uvarint()).toThrow(RangeError);
  });
});

describe('addresses', () => {
  it('are host:port, with IPv6 in brackets', () => {
    expect(parseAddress(' b-1.example.com:9098 ')).toEqual({ host: 'b-1.example.com', port: 9098 });
    expect(parseAddress('[::1]:9092')).toEqual({ host: '::1', port: 9092 });
    expect(formatAddress(parseAddress('[::1]:9092'))).toBe('[::1]:9092');
  });

  it.each(['host', 'host:', ':9092', '::1:9092', 'host:0', 'host:65536', 'kafka://host:1', ''])('refuse %j', (text) => {
    expect(() => parseAddress(text)).toThrow(
      expect.objectContaining({ kind: 'configuration', code: 'BOOTSTRAP_INVALID' }),
    );
  });
});

describe('error codes', () => {
  it('tell name, retriable and advice', () => {
    expect(kafkaError(6)).toMatchObject({ name: 'NOT_LEADER_OR_FOLLOWER', retriable: true, kind: 'connection' });
    expect(kafkaError(29)).toMatchObject({ name: 'TOPIC_AUTHORIZATION_FAILED', retriable: false });
    expect(kafkaError(32_000)).toMatchObject({ name: 'KAFKA_ERROR_32000', retriable: false });
  });

  it('become one line with the place, the broker’s words and what to do', () => {
    const error = protocolError(44, 'cannot create topic orders', 'too many partitions\n');
    expect(error).toMatchObject({ kind: 'configuration', code: 'POLICY_VIOLATION' });
    expect(error.message).toBe(
      "cannot create topic orders: POLICY_VIOLATION (too many partitions); the cluster's own policy refuses it",
    );
  });
});
