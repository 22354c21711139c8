/** Keys and certificates for TLS listeners, signed by themselves, made with Java's keytool. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import { runOk } from '../process.ts';

/** Of every key store. */
export const STORE_PASSWORD = 'changeit';

export interface TlsKey {
  /** PKCS 12 with the key, for Java. */
  store: string;
  /** PEM files. */
  certificate: string;
  key: string;
}

/** Writes the private key of a key store as the PEM file that programs other than Java read. */
const EXPORT_KEY = `
import java.nio.file.*; import java.security.*; import java.util.Base64;
public class ExportKey {
  public static void main(String[] args) throws Exception {
    KeyStore store = KeyStore.getInstance(Path.of(args[0]).toFile(), "${STORE_PASSWORD}".toCharArray());
    byte[] key = store.getKey(args[1], "${STORE_PASSWORD}".toCharArray()).getEncoded();
    String pem = Base64.getMimeEncoder(64, new byte[] {10}).encodeToString(key);
    Files.writeString(Path.of(args[2]), "-----BEGIN PRIVATE KEY-----\\n" + pem + "\\n-----END PRIVATE KEY-----\\n");
  }
}`;

/** A key for 127.0.0.1 and localhost; made once and kept, for ten years. */
export async function tlsKey(alias: string): Promise<TlsKey> {
  const directory = await cached(`tls/${alias}`, async (target) => {
    await mkdir(target, { recursive: true });
    const options = ['-alias', alias, '-keystore', join(target, 'store.p12'), '-storetype', 'PKCS12'];
    options.push('-storepass', STORE_PASSWORD);
    await runOk('keytool', [
      ...['-genkeypair', '-keyalg', 'EC', '-dname', `CN=${alias}`, '-validity', '3650'],
      ...['-ext', 'SAN=IP:127.0.0.1,DNS:localhost', ...options],
    ]);
    await writeFile(join(target, 'certificate.pem'), await runOk('keytool', ['-exportcert', '-rfc', ...options]));
    const program = join(target, 'ExportKey.java');
    await writeFile(program, EXPORT_KEY);
    await runOk('java', [program, join(target, 'store.p12'), alias, join(target, 'key.pem')]);
  });
  return {
    store: join(directory, 'store.p12'),
    certificate: join(directory, 'certificate.pem'),
    key: join(directory, 'key.pem'),
  };
}
