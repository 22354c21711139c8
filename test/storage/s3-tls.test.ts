import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Secret } from '../../runtime/src/config/secret.ts';
import { S3Store } from '../../runtime/src/storage/s3-store.ts';

const hasOpenssl = (() => {
  try {
    return execFileSync('openssl', ['version']).length > 0;
  } catch {
    return false;
  }
})();

test.skipIf(!hasOpenssl)('a certificate that nobody vouches for is refused, and the way out named', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'msk-backup-tls-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject],
    { stdio: 'ignore' },
  );
  let requests = 0;
  const server = createServer({ key: await readFile(key), cert: await readFile(cert) }, (_, response) => {
    requests++;
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const store = new S3Store({
    backend: 's3',
    bucket: 'secret',
    prefix: '',
    endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pathStyle: true,
    accessKeyId: 'test',
    secretAccessKey: new Secret('test'),
    maxConcurrentUploads: 1,
  });
  await expect(store.put('k', Buffer.from('x'))).rejects.toMatchObject({
    kind: 'connection',
    code: 'STORAGE_UNTRUSTED',
    message: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  });
  expect(requests).toBe(0);
  await store.close();
  server.close();
  await rm(directory, { recursive: true });
});
