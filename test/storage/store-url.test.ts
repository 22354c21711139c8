import { expect, test } from 'vitest';
import { parseStoreUrl } from '../../runtime/src/storage/store-url.ts';

test('s3: bucket, prefix and what stands behind the question mark', () => {
  const plain = { backend: 's3', bucket: 'kafka-backups', prefix: '', pathStyle: false, maxConcurrentUploads: 4 };
  expect(parseStoreUrl('s3://kafka-backups')).toEqual(plain);
  expect(parseStoreUrl('s3://kafka-backups/')).toEqual(plain);
  expect(parseStoreUrl('s3://kafka-backups/prod/eu/')).toEqual({ ...plain, prefix: 'prod/eu' });
  expect(parseStoreUrl('s3://kafka-backups/a%20b?region=eu-west-1')).toEqual({
    ...plain,
    prefix: 'a b',
    region: 'eu-west-1',
  });
  expect(parseStoreUrl('s3://b.ucket/p?endpoint=http://127.0.0.1:9000')).toEqual({
    ...plain,
    bucket: 'b.ucket',
    prefix: 'p',
    endpoint: 'http://127.0.0.1:9000',
    pathStyle: true,
  });
  expect(parseStoreUrl('s3://kafka-backups?endpoint=https://s3.example&path_style=false')).toMatchObject({
    pathStyle: false,
  });
});

test('paths and file URLs', () => {
  expect(parseStoreUrl('/var/backups')).toEqual({ backend: 'filesystem', path: '/var/backups', prefix: '' });
  expect(parseStoreUrl('file:///var/my%20backups')).toMatchObject({ path: '/var/my backups' });
  expect(parseStoreUrl('../b?x=1')).toMatchObject({ path: '../b?x=1' });
});

test.each([
  ['', 'empty'],
  ['s3://', 'must be s3://bucket/prefix'],
  ['s3:///prefix', 'must be s3://bucket/prefix'],
  ['s3://UP CASE/p', 'must be s3://bucket/prefix'],
  ['s3://bucket/a%zz', 'write it as %25'],
  ['s3://bucket?regoin=x', 'takes ?region='],
  ['s3://bucket?path_style=yes', 'path_style'],
  ['s3://bucket?endpoint=ftp://x', 'endpoint'],
  ['gs://bucket/p', 'gs://'],
  ['file://host/p', 'file:///'],
])('%s is refused in words', (text, words) => {
  expect(() => parseStoreUrl(text)).toThrow(expect.objectContaining({ code: 'STORE_URL_INVALID', kind: 'usage' }));
  expect(() => parseStoreUrl(text)).toThrow(words);
});

test.each(['s3://AKIA:hunter2@bucket/p', 's3://bucket?endpoint=http://me:hunter2@host', 's3://bucket?secret=hunter2'])(
  'a secret in a location is not repeated: %s',
  (text) => {
    expect(() => parseStoreUrl(text)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
    );
  },
);
