import { describe, expect, test } from 'vitest';
import { parseDeadLetter } from '../../runtime/src/dlq/parse-dead-letter.ts';

/** As AWS' developer guide shows it, for SQS and SNS. */
const METADATA = {
  requestContext: {
    requestId: '316aa6d0-8154-xmpl-9af7-85d5f4a6bc81',
    functionArn: 'arn:aws:lambda:us-west-2:123456789012:function:orders:$LATEST',
    condition: 'RetryAttemptsExhausted',
    approximateInvokeCount: 1,
  },
  responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
  version: '1.0',
  timestamp: '2019-11-14T00:38:06.021Z',
  KafkaBatchInfo: {
    batchSize: 500,
    eventSourceArn: 'arn:aws:kafka:us-west-2:123456789012:cluster/demo/6357e0b2-0e6a-4b6e-a0b4-70a6d1c0a7f6-14',
    bootstrapServers: 'b-1.demo:9098,b-2.demo:9098',
    payloadSize: 2039086,
    recordsInfo: {
      'order-events-0': {
        firstRecordOffset: '49601189658422359378836298521827638475320189012309704722',
        lastRecordOffset: '49601189658422359378836298522902373528957594348623495186',
        firstRecordTimestamp: '2019-11-14T00:38:04.835Z',
        lastRecordTimestamp: '2019-11-14T00:38:05.580Z',
      },
    },
  },
};

const info = (first: string, last: string) => ({
  firstRecordOffset: first,
  lastRecordOffset: last,
  firstRecordTimestamp: '2019-11-14T00:38:04.835Z',
  lastRecordTimestamp: '2019-11-14T00:38:05.580Z',
});
const withRanges = (recordsInfo: Record<string, unknown>) => ({
  ...METADATA,
  KafkaBatchInfo: { ...METADATA.KafkaBatchInfo, recordsInfo },
});
const EVENT = {
  eventSource: 'aws:kafka',
  eventSourceArn: METADATA.KafkaBatchInfo.eventSourceArn,
  bootstrapServers: 'b-1.demo:9098',
  records: {
    'order-events-0': [
      {
        topic: 'order-events',
        partition: 0,
        offset: 15,
        timestamp: 1545084650987,
        timestampType: 'CREATE_TIME',
        key: 'YWJj',
        value: 'SGVsbG8=',
        headers: [{ headerKey: [104, 101, 97] }, { signed: [-1, 0] }],
      },
      {
        topic: 'order-events',
        partition: 0,
        offset: 16,
        timestamp: 1545084650988,
        key: null,
        value: null,
        headers: [],
      },
    ],
  },
};
const parse = (value: unknown) => parseDeadLetter(JSON.stringify(value));

describe('what Lambda writes', () => {
  test('to SQS: places of records; the topic may have hyphens', () => {
    expect(parse(withRanges({ 'order-events-12': info('3', '9'), 'a-0': info('0', '0') }))).toEqual({
      identity: expect.any(String),
      records: [],
      ranges: [
        {
          topic: 'order-events',
          partition: 12,
          first: 3,
          last: 9,
          firstTimestamp: 1573691884835,
          lastTimestamp: 1573691885580,
        },
        { topic: 'a', partition: 0, first: 0, last: 0, firstTimestamp: 1573691884835, lastTimestamp: 1573691885580 },
      ],
    });
  });

  test('to SNS, and through it to a queue', () => {
    const letter = withRanges({ 'orders-1': info('3', '9') });
    const wrapped = { Type: 'Notification', MessageId: 'm', TopicArn: 't', Message: JSON.stringify(letter) };
    expect(parse(wrapped)).toEqual(parse(letter));
  });

  test('to S3: the invocation event as text in it', () => {
    const letter = { ...withRanges({ 'order-events-0': info('15', '16') }), payload: JSON.stringify(EVENT) };
    expect(parse(letter)).toEqual({
      identity: expect.any(String),
      ranges: [],
      records: [
        {
          topic: 'order-events',
          partition: 0,
          offset: 15,
          timestamp: 1545084650987,
          key: Buffer.from('abc'),
          value: Buffer.from('Hello'),
          headers: [
            [Buffer.from('headerKey'), Buffer.from('hea')],
            [Buffer.from('signed'), Buffer.of(255, 0)],
          ],
        },
        {
          topic: 'order-events',
          partition: 0,
          offset: 16,
          timestamp: 1545084650988,
          key: null,
          value: null,
          headers: [],
        },
      ],
    });
  });

  test('to a Kafka topic: one record each', () => {
    const [record] = EVENT.records['order-events-0'];
    const { KafkaBatchInfo, ...rest } = METADATA;
    const { recordsInfo: _, ...batch } = KafkaBatchInfo;
    const letter = { ...rest, KafkaBatchInfo: { ...batch, recordInfo: { offset: 15, timestamp: 1 } }, payload: record };
    expect(parse(letter).records).toMatchObject([{ topic: 'order-events', offset: 15, value: Buffer.from('Hello') }]);
  });

  test('the identity is that of what failed, not of the message', () => {
    const one = parse(withRanges({ 'orders-1': info('3', '9') })).identity;
    expect(parse({ ...withRanges({ 'orders-1': info('3', '9') }), timestamp: 'later' }).identity).toBe(one);
    expect(parse(withRanges({ 'orders-1': info('3', '10') })).identity).not.toBe(one);
  });
});

test('one record in text', () => {
  expect(parse({ topic: 'orders', key: 'k', value: '{"a":1}' })).toEqual({
    records: [{ topic: 'orders', key: Buffer.from('k'), value: Buffer.from('{"a":1}'), headers: [] }],
    ranges: [],
  });
  expect(parse({ topic: 'orders' }).records).toMatchObject([{ key: null, value: null }]);
});

test.each([
  ['no JSON', 'hello', /is no JSON/],
  ['a list', '[]', /expected object/],
  ['no topic', '{"key":"k"}', /topic/],
  ['no records', '{"KafkaBatchInfo":{}}', /names no records/],
  ['an offset beyond what is exact', JSON.stringify(METADATA), /Offset/],
  ['a range that ends before it begins', JSON.stringify(withRanges({ 'a-0': info('9', '3') })), /before it begins/],
  ['a place without partition', JSON.stringify(withRanges({ orders: info('1', '3') })), /names no topic and partition/],
  [
    'a payload that is no JSON',
    JSON.stringify({ ...METADATA, KafkaBatchInfo: {}, payload: '{' }),
    /payload is no JSON/,
  ],
  ['a negative offset', JSON.stringify({ records: { 'a-0': [{ topic: 'a', partition: 0, offset: -1 }] } }), /offset/],
])('refused: %s', (_, body, reason) => {
  expect(() => parseDeadLetter(body)).toThrow(reason);
});
