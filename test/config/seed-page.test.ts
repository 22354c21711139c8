import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { checkFragment, parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';

const page = readFileSync(new URL('./fixtures/aws-lambda.md', import.meta.url), 'utf8');
const options = { file: 'page.yaml', env: {}, now: new Date('2026-11-24T11:05:01.250Z') };

function blocks(language: string): { title: string; text: string }[] {
  return [...page.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)]
    .filter(([, kind]) => kind === language)
    .map(([, , title, text], index) => ({ title: title?.trim() || `block ${index + 1}`, text: text ?? '' }));
}

describe('the page that users come from', () => {
  test('has the YAML blocks that this test was made for', () => {
    expect(blocks('yaml')).toHaveLength(8);
  });

  test.each(blocks('yaml'))('$title is valid as it stands', ({ text }) => {
    expect(Object.keys(checkFragment(text, options).document)).not.toEqual([]);
  });

  test('the backup of MSK', () => {
    const { job, remarks } = parseConfiguration(blocks('yaml')[0]?.text as string, options);
    expect(job).toMatchObject({
      mode: 'backup',
      backupId: 'msk-orders-20261124T110501Z',
      source: {
        bootstrapServers: [
          'b-1.my-cluster.abc123.kafka.us-west-2.amazonaws.com:9098',
          'b-2.my-cluster.abc123.kafka.us-west-2.amazonaws.com:9098',
        ],
        security: { protocol: 'SASL_SSL', mechanism: 'AWS_MSK_IAM' },
      },
      topics: { include: ['orders', 'order-events', 'notifications'], exclude: [] },
      storage: { backend: 's3', bucket: 'kafka-backups', region: 'us-west-2', prefix: 'msk/orders' },
      compression: 'zstd',
      compressionLevel: 1,
      sourceClusterLabel: 'msk-production',
      consumerGroups: undefined,
    });
    expect(remarks.map(({ path, line }) => `${line} ${path}`)).toEqual([
      '6 source.bootstrap_servers[0]',
      '7 source.bootstrap_servers[1]',
      '26 backup.include_offset_headers',
    ]);
  });

  test('the two halves of the DR example are whole jobs with the command alone', () => {
    const [backup, restore] = blocks('yaml')
      .slice(-2)
      .map(({ text }) => text) as [string, string];
    expect(parseConfiguration(backup, { ...options, mode: 'backup' }).job).toMatchObject({
      mode: 'backup',
      backupId: 'backup-20261124T110501Z',
      source: { bootstrapServers: ['b-1.primary-cluster.kafka.us-west-2.amazonaws.com:9092'] },
      storage: { bucket: 'kafka-backups-us-west-2', prefix: 'primary' },
    });
    expect(parseConfiguration(restore, { ...options, mode: 'restore' }).job).toMatchObject({
      mode: 'restore',
      backupId: 'latest',
      createTopics: true,
      target: { security: { protocol: 'PLAINTEXT' } },
      storage: { bucket: 'kafka-backups-us-east-1', prefix: 'primary' },
    });
  });

  test('the configuration that its Lambda function writes', () => {
    const source = blocks('javascript').find(({ text }) => text.includes('backup_id: backupId'))?.text ?? '';
    const literal = /const config = (\{[\s\S]*?\n {4}\});/.exec(source)?.[1];
    const make = new Function('backupId', 'process', 'event', `return ${literal};`);
    const env = {
      MSK_BOOTSTRAP_SERVERS: 'b-1.x.kafka.us-west-2.amazonaws.com,b-2.x.kafka.us-west-2.amazonaws.com:9098',
      BACKUP_BUCKET: 'backups',
    };
    const text = stringify(make('msk-backup-1732445101250', { env }, { topics: ['orders', 'order-events'] }));
    expect(parseConfiguration(text, { ...options, mode: 'backup' }).job).toMatchObject({
      backupId: 'msk-backup-1732445101250',
      source: {
        bootstrapServers: ['b-1.x.kafka.us-west-2.amazonaws.com:9098', 'b-2.x.kafka.us-west-2.amazonaws.com:9098'],
      },
      topics: { include: ['orders', 'order-events'] },
      storage: { bucket: 'backups', prefix: 'msk-backups' },
    });
  });
});
