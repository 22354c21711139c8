import { expect, test } from 'vitest';
import { nameFunctions, regionOfCluster } from '../../runtime/src/cli/lambda-functions.ts';
import { MskBackupError } from '../../runtime/src/errors.ts';

const groupOf = (n: number) => `amazon.lambda.00000000-0000-0000-0000-${String(n).padStart(12, '0')}`;

test.each([
  ['b-1.shop.abc123.c2.kafka.eu-west-1.amazonaws.com:9098', 'eu-west-1'],
  ['boot-x1y2.c1.kafka-serverless.us-gov-west-1.amazonaws.com:9098', 'us-gov-west-1'],
  ['b-2.shop.abc123.c4.kafka.cn-north-1.amazonaws.com.cn:9094', 'cn-north-1'],
  ['b-1.shop.abc123.c2.kafka.eu-west-1.amazonaws.com.example.org:9092', undefined],
  ['kafka.internal:9092', undefined],
])('%s is in %s', (server, region) => {
  expect(regionOfCluster(['127.0.0.1:9092', server])).toBe(region);
});

test('only groups of mappings are asked for, a mapping that is gone has no name', async () => {
  const asked: string[] = [];
  const { functions, unknown } = await nameFunctions(
    [groupOf(1), 'billing', 'amazon.lambda.x', groupOf(2)],
    async (uuid) => {
      asked.push(uuid);
      return uuid.endsWith('2') ? undefined : { functionArn: 'arn' };
    },
  );
  expect(asked).toEqual([groupOf(1), groupOf(2)].map((group) => group.slice('amazon.lambda.'.length)));
  expect([...functions]).toEqual([[groupOf(1), 'arn']]);
  expect(unknown).toBeUndefined();
});

test('after a refusal no more are asked for, and what is known is kept', async () => {
  let asked = 0;
  const refuse = async (uuid: string) => {
    asked += 1;
    if (uuid.endsWith('1')) return { functionArn: 'arn' };
    throw new MskBackupError('connection', 'LAMBDA_ACCESS_DENIED', 'access denied');
  };
  const { functions, unknown } = await nameFunctions(
    Array.from({ length: 100 }, (_, n) => groupOf(n + 1)),
    refuse,
  );
  expect(unknown).toBe('access denied');
  expect([...functions.keys()]).toContain(groupOf(1));
  expect(asked).toBeLessThan(20);
});
