import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { hasCode } from '../../runtime/src/errors.ts';
import type { ObjectStore, StoredObject } from '../../runtime/src/storage/object-store.ts';

/** A place that a test can open as often as it likes; `name` makes an own archive in it. */
export interface Backend {
  open(name: string): Promise<ObjectStore>;
  /** What is stored under the key, seen without the store. */
  readBack(name: string, key: string): Promise<Buffer>;
  /** The most that one writer may hold when it is waited for after chunks of 2 MiB. */
  maxBufferedBytes: number;
}

export const MiB = 1024 * 1024;

export async function listed(store: ObjectStore, prefix: string): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  for await (const object of store.list(prefix)) found.push(object);
  return found;
}

/** The code that a promise rejects with; a promise that resolves gives undefined. */
export async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

/** What every store has to do, whatever is behind it. */
export function testsOfBehaviour(backend: () => Backend): void {
  test('put stores bytes that get gives back', async () => {
    const store = await backend().open('put');
    const body = randomBytes(100_000);
    await store.put('commits/0000000001.json', body);
    expect(body.equals(await store.get('commits/0000000001.json'))).toBe(true);
    expect(body.equals(await backend().readBack('put', 'commits/0000000001.json'))).toBe(true);
    expect(await store.size('commits/0000000001.json')).toBe(body.length);
    await store.close();
  });

  test('an empty object is an object', async () => {
    const store = await backend().open('empty');
    await store.put('a', new Uint8Array());
    expect(await store.createWriter('b').finish()).toBe(0);
    for (const key of ['a', 'b']) {
      expect(await store.size(key)).toBe(0);
      expect((await store.get(key)).length).toBe(0);
    }
    await store.close();
  });

  test('a second put of a key fails and leaves the first', async () => {
    const store = await backend().open('twice');
    await store.put('FORMAT', Buffer.from('first'));
    expect(await codeOf(store.put('FORMAT', Buffer.from('second')))).toBe('OBJECT_EXISTS');
    const writer = store.createWriter('FORMAT');
    const written = writer.write(Buffer.from('third')).then(() => writer.finish());
    expect(await codeOf(written)).toBe('OBJECT_EXISTS');
    expect((await store.get('FORMAT')).toString()).toBe('first');
    await store.close();
  });

  test('of many writers of one key, exactly one wins', async () => {
    const [one, two] = [await backend().open('race'), await backend().open('race')];
    const bodies = Array.from({ length: 16 }, (_, i) => Buffer.alloc(10_000, i));
    const results = await Promise.allSettled(bodies.map((body, i) => (i % 2 ? one! : two!).put('commit', body)));
    const winners = results.flatMap((result, i) => (result.status === 'fulfilled' ? [i] : []));
    expect(winners).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(hasCode(result.reason, 'OBJECT_EXISTS')).toBe(true);
    expect(bodies[winners[0]!]!.equals(await one!.get('commit'))).toBe(true);
    await one!.close();
    await two!.close();
  });

  test('of two streams to one key, exactly one wins, whole', async () => {
    const store = await backend().open('stream-race');
    const bodies = [Buffer.alloc(18 * MiB, 1), Buffer.alloc(18 * MiB, 2)];
    const results = await Promise.allSettled(
      bodies.map(async (body) => {
        const writer = store.createWriter('pack');
        for (let at = 0; at < body.length; at += MiB) await writer.write(body.subarray(at, at + MiB));
        return writer.finish();
      }),
    );
    const winners = results.flatMap((result, i) => (result.status === 'fulfilled' ? [i] : []));
    expect(winners).toHaveLength(1);
    const loser = results.find((result) => result.status === 'rejected');
    expect(hasCode(loser?.reason, 'OBJECT_EXISTS')).toBe(true);
    expect(bodies[winners[0]!]!.equals(await store.get('pack'))).toBe(true);
    await store.close();
  });

  test('a stream of uneven chunks arrives as it was written', async () => {
    const store = await backend().open('stream');
    const body = randomBytes(20 * MiB + 12_345);
    const writer = store.createWriter('packs/orders/run-0.pack');
    let at = 0;
    for (let step = 1; at < body.length; step = (step * 7 + 13) % (3 * MiB)) {
      await writer.write(body.subarray(at, at + step));
      at += step;
    }
    expect(await store.size('packs/orders/run-0.pack')).toBeUndefined();
    expect(await writer.finish()).toBe(body.length);
    expect(writer.bufferedBytes).toBe(0);
    expect(body.equals(await backend().readBack('stream', 'packs/orders/run-0.pack'))).toBe(true);
    await store.close();
  });

  test('chunks keep the order of the calls when nobody waits', async () => {
    const store = await backend().open('order');
    const chunks = Array.from({ length: 3000 }, (_, i) => Buffer.alloc(1 + ((i * 37) % 9000), i));
    const writer = store.createWriter('pack');
    const writes = chunks.map((chunk) => writer.write(chunk));
    const size = await writer.finish();
    await Promise.all(writes);
    expect(size).toBe(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    expect(Buffer.concat(chunks).equals(await store.get('pack'))).toBe(true);
    await store.close();
  });

  test('what is held in memory stays bounded while the writer is waited for', async () => {
    const store = await backend().open('pressure');
    const writer = store.createWriter('pack');
    let most = 0;
    for (let i = 0; i < 40; i++) {
      await writer.write(randomBytes(2 * MiB));
      most = Math.max(most, writer.bufferedBytes);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(backend().maxBufferedBytes);
    expect(await writer.finish()).toBe(80 * MiB);
    await store.close();
  });

  test('an aborted stream leaves no object, and its key free', async () => {
    const store = await backend().open('abort');
    const writer = store.createWriter('packs/t/pack');
    for (let i = 0; i < 10; i++) await writer.write(Buffer.alloc(2 * MiB, i));
    await writer.abort();
    await writer.abort();
    expect(writer.bufferedBytes).toBe(0);
    await expect(writer.write(Buffer.alloc(1))).rejects.toThrow('aborted');
    await expect(writer.finish()).rejects.toThrow('aborted');
    expect(await listed(store, '')).toEqual([]);
    await store.put('packs/t/pack', Buffer.from('free'));
    await store.close();
  });

  test('ranges: inside, to the end, empty, past the end', async () => {
    const store = await backend().open('ranges');
    const body = randomBytes(1000);
    await store.put('a', body);
    expect(body.subarray(10, 30).equals(await store.getRange('a', 10, 20))).toBe(true);
    expect(body.subarray(999).equals(await store.getRange('a', 999, 1))).toBe(true);
    expect(body.equals(await store.getRange('a', 0, 1000))).toBe(true);
    expect((await store.getRange('a', 10, 0)).length).toBe(0);
    expect(await codeOf(store.getRange('a', 990, 11))).toBe('OBJECT_TRUNCATED');
    expect(await codeOf(store.getRange('a', 1000, 1))).toBe('OBJECT_TRUNCATED');
    expect(await codeOf(store.getRange('a', 5000, 10))).toBe('OBJECT_TRUNCATED');
    await expect(store.getRange('a', -1, 10)).rejects.toThrow('range');
    await store.close();
  });

  test('what is not there: a key, a part of a key, a key below an object', async () => {
    const store = await backend().open('missing');
    await store.put('packs/t/p1', Buffer.from('x'));
    for (const key of ['none', 'packs', 'packs/t', 'packs/t/p1/more', 'packs/t/p']) {
      expect(await codeOf(store.get(key)), key).toBe('OBJECT_MISSING');
      expect(await codeOf(store.getRange(key, 0, 1)), key).toBe('OBJECT_MISSING');
      expect(await store.size(key), key).toBeUndefined();
    }
    await store.close();
  });

  test('errors name the place and the key', async () => {
    const store = await backend().open('words');
    await expect(store.get('commits/0000000007.json')).rejects.toThrow(`${store.location}/commits/0000000007.json`);
    await store.put('a', Buffer.alloc(5));
    await expect(store.getRange('a', 3, 9)).rejects.toThrow(/bytes 3 to 12 .* ends at 5/);
    await expect(store.put('a', Buffer.alloc(5))).rejects.toThrow(`${store.location}/a`);
    await store.close();
  });

  test('keys that leave the archive are refused', async () => {
    const store = await backend().open('keys');
    for (const key of [
      '',
      '/a',
      '../a',
      'a/../../b',
      'a//b',
      'a/',
      '.',
      'a/./b',
      'a\0b',
      'a\nb',
      'x'.repeat(300),
      '~msk-backup-1',
    ]) {
      await expect(store.put(key, Buffer.alloc(1)), key).rejects.toThrow('object key');
      await expect(store.get(key), key).rejects.toThrow('object key');
      expect(() => store.createWriter(key), key).toThrow('object key');
    }
    expect(() => store.list('../')).toThrow('leaves');
    await store.close();
  });

  test('topic names with odd characters are stored and listed as they are', async () => {
    const store = await backend().open('odd');
    const keys = ['packs/..a/1', 'packs/...-_/1', 'packs/%41+ &=?#/1', 'packs/Größe-日本/1', 'packs/a b/1'];
    for (const key of keys) await store.put(key, Buffer.from(key));
    expect((await listed(store, 'packs/')).map(({ key }) => key)).toEqual(sortedBytewise(keys));
    for (const key of keys) expect((await store.get(key)).toString()).toBe(key);
    await store.close();
  });

  test('a listing is in byte order, has the sizes, and sees prefixes that end inside a name', async () => {
    const store = await backend().open('listing');
    const keys = ['a', 'a.b/x', 'a/b', 'a/b.c', 'a-/z', 'a0', 'ab/c/d', 'b/1', 'B/1', 'b/10', 'b/2', 'b/é', 'b/z'];
    // 'a' and 'a/b' cannot both be in a directory; every store is held to the common part.
    const used = keys.filter((key) => key !== 'a');
    for (const [i, key] of used.entries()) await store.put(key, Buffer.alloc(i));
    const all = await listed(store, '');
    expect(all.map(({ key }) => key)).toEqual(sortedBytewise(used));
    for (const { key, size } of all) expect(size, key).toBe(used.indexOf(key));
    expect((await listed(store, 'b/1')).map(({ key }) => key)).toEqual(['b/1', 'b/10']);
    expect((await listed(store, 'a')).map(({ key }) => key)).toEqual(['a-/z', 'a.b/x', 'a/b', 'a/b.c', 'a0', 'ab/c/d']);
    expect(await listed(store, 'none/')).toEqual([]);
    expect(await listed(store, 'b/1/')).toEqual([]);
    await store.close();
  });

  test('more than a thousand keys are listed, in order, once each', async () => {
    const store = await backend().open('many');
    const keys = Array.from({ length: 1203 }, (_, i) => `commits/${String(i).padStart(10, '0')}.json`);
    for (let at = 0; at < keys.length; at += 40)
      await Promise.all(keys.slice(at, at + 40).map((key) => store.put(key, Buffer.from('{}'))));
    expect((await listed(store, 'commits/')).map(({ key }) => key)).toEqual(keys);
    await store.close();
  });

  test('a listing may be left early', async () => {
    const store = await backend().open('early');
    for (const key of ['1', '2', '3']) await store.put(key, Buffer.alloc(1));
    for await (const { key } of store.list('')) {
      expect(key).toBe('1');
      break;
    }
    await store.close();
  });
}

function sortedBytewise(keys: string[]): string[] {
  return [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
