import { MskBackupError } from '../errors.ts';

export interface Address {
  host: string;
  port: number;
}

/**
 * Reads `host:port`; an IPv6 address stands in brackets.
 * @throws MskBackupError kind `configuration`, code `BOOTSTRAP_INVALID`
 */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) {
    throw new MskBackupError(
      'configuration',
      'BOOTSTRAP_INVALID',
      `bootstrap server "${text}" is not host:port, such as b-1.example.com:9092 or [::1]:9092`,
    );
  }
  return { host: (match[1] ?? match[2])!, port };
}

export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
