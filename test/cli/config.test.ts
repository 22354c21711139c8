import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runCli } from './run-cli.ts';

const CONFIGURATION = `
backup_id: orders-1
source:
  bootstrap_servers: broker-1:9096
  security:
    security_protocol: SASL_SSL
    sasl_mechanism: SCRAM-SHA-512
    sasl_username: backup
    sasl_password: \${PASSWORD}
  topics: {include: [orders]}
storage:
  backend: s3
  bucket: archive
  secret_key: hunter2
  access_key: AKIAEXAMPLE
`;

describe('config', () => {
  test('prints what the file comes to as YAML, with defaults and without secrets', async () => {
    const run = await runCli(['config', '--config', '-'], { input: CONFIGURATION, env: { PASSWORD: 'swordfish' } });
    expect(run.code).toBe(0);
    expect(parse(run.stdout)).toMatchObject({
      mode: 'backup',
      backup_id: 'orders-1',
      source: { security: { sasl_mechanism: 'SCRAM-SHA-512', sasl_password: '***' }, topics: { include: ['orders'] } },
      backup: { compression: 'zstd', compression_level: 1 },
    });
    expect(run.stdout + run.stderr).not.toMatch(/swordfish|hunter2/);
  });

  test('--json, with remarks', async () => {
    const input = `${CONFIGURATION}backup:\n  compression: lz4\n`;
    const { code, stdout } = await runCli(['config', '--config', '-', '--json'], { input, env: { PASSWORD: 'x' } });
    expect(code).toBe(0);
    const { configuration, remarks } = JSON.parse(stdout);
    expect(configuration.storage).toMatchObject({ bucket: 'archive', secret_key: '***' });
    expect(remarks).toMatchObject([{ path: 'backup.compression', line: 17 }]);
  });

  test('remarks go to the standard error, so that the YAML can be used', async () => {
    const input = `${CONFIGURATION}backup:\n  compression: lz4\n`;
    const { stdout, stderr } = await runCli(['config', '--config', '-'], { input, env: { PASSWORD: 'x' } });
    expect(parse(stdout)).toHaveProperty('backup.compression');
    expect(JSON.parse(stderr)).toMatchObject({
      level: 'info',
      msg: expect.stringMatching(/^stdin:17: backup\.compression: /),
    });
  });

  test('all problems at once, each with its line: 3', async () => {
    const input = 'backup_id: x\nbackup: {compresion: zstd}\nsource: {bootstrap_servers: "a:9092"}\n';
    const { code, stdout, stderr } = await runCli(['config', '--config', '-'], { input });
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^msk-backup: stdin:1: storage: /);
    expect(stderr).toMatch(/^stdin:2: backup\.compresion: unknown key.*backup\.compression/m);
  });

  test('a file that is not there: 3', async () => {
    const { code, stderr } = await runCli(['backup', '--config', '/no/such.yaml']);
    expect({ code, stderr }).toEqual({ code: 3, stderr: 'msk-backup: /no/such.yaml: no such file\n' });
  });

  test('a mode that contradicts the command: 3', async () => {
    const { code, stderr } = await runCli(['restore', '--config', '-'], {
      input: `mode: backup\n${CONFIGURATION}`,
      env: { PASSWORD: 'x' },
    });
    expect(code).toBe(3);
    expect(stderr).toContain('mode: is backup, but the command is restore');
  });
});

describe('Kafka that is not there', () => {
  test('4, naming the server', async () => {
    const input =
      'backup_id: x\nsource: {bootstrap_servers: "127.0.0.1:1"}\nstorage: {backend: filesystem, path: /no/archive}\n';
    const { code, stdout, stderr } = await runCli(['backup', '--config', '-', '--json'], { input });
    expect(code).toBe(4);
    expect(JSON.parse(stdout).error).toMatchObject({
      kind: 'connection',
      message: expect.stringContaining('127.0.0.1:1'),
    });
    expect(stderr).toMatch(/^msk-backup: .*127\.0\.0\.1:1/m);
    expect(stderr).not.toMatch(/ at .*\.ts:/);
  });
});
