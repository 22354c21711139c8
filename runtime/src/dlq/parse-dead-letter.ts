import { z } from 'zod';
import type { CarriedRecord, DeadLetter, NamedRange } from './dead-letter.ts';

/**
 * What can stand in a dead-letter queue:
 *
 * - what Lambda writes when an event source mapping for Kafka gives up (Lambda Developer Guide, "Retaining discarded
 *   batches"): to SQS and SNS the places of the records, to S3 and Kafka with the records themselves;
 * - an SNS notification around it, where a queue is subscribed to the topic;
 * - `{"topic": …, "key": …, "value": …}`, one record in text.
 */
const text = z.string();
const wholeNumber = z
  .union([z.number().int(), z.string().regex(/^\d+$/).transform(Number)])
  .pipe(z.number().int().min(0));
const time = z.string().transform((value, context) => {
  const ms = Date.parse(value);
  if (!Number.isNaN(ms)) return ms;
  context.addIssue({ code: 'custom', message: 'is no time' });
  return z.NEVER;
});

const notification = z.object({ Type: z.literal('Notification'), Message: text });

const eventRecord = z.object({
  topic: text.min(1),
  partition: wholeNumber,
  offset: wholeNumber,
  timestamp: z.number().int().optional(),
  key: text.nullish(),
  value: text.nullish(),
  headers: z.array(z.record(text, z.array(z.number().int().min(-128).max(255)).nullable())).nullish(),
});
const event = z.object({ records: z.record(text, z.array(eventRecord)) });

const failure = z.object({
  requestContext: z.object({ requestId: text.optional(), functionArn: text.optional() }).optional(),
  KafkaBatchInfo: z.object({
    eventSourceArn: text.optional(),
    recordsInfo: z
      .record(
        text,
        z.object({
          firstRecordOffset: wholeNumber,
          lastRecordOffset: wholeNumber,
          firstRecordTimestamp: time.optional(),
          lastRecordTimestamp: time.optional(),
        }),
      )
      .optional(),
  }),
  payload: z.union([text, z.looseObject({})]).optional(),
});

const plain = z.object({ topic: text.min(1), key: text.nullish(), value: text.nullish() });

/**
 * @param body of a message, or an object of S3
 * @throws Error saying in what way it is none of the known formats
 */
export function parseDeadLetter(body: string): DeadLetter {
  const value = parseJson(body, 'the message');
  const wrapped = notification.safeParse(value);
  if (wrapped.success) return parseDeadLetter(wrapped.data.Message);
  if (typeof value === 'object' && value !== null && 'KafkaBatchInfo' in value)
    return ofLambda(checked(failure, value));
  if (typeof value === 'object' && value !== null && 'records' in value) {
    return { records: recordsOf(checked(event, value)), ranges: [] };
  }
  const { topic, key, value: content } = checked(plain, value);
  return { records: [{ topic, key: bytes(key, 'utf8'), value: bytes(content, 'utf8'), headers: [] }], ranges: [] };
}

function ofLambda({ requestContext, KafkaBatchInfo, payload }: z.output<typeof failure>): DeadLetter {
  const ranges = Object.entries(KafkaBatchInfo.recordsInfo ?? {}).map(([place, info]): NamedRange => {
    // Topics may have hyphens: the last one is before the partition.
    const hyphen = place.lastIndexOf('-');
    if (!/^.+-\d+$/s.test(place)) throw new Error(`${place} names no topic and partition`);
    return {
      topic: place.slice(0, hyphen),
      partition: Number(place.slice(hyphen + 1)),
      first: info.firstRecordOffset,
      last: info.lastRecordOffset,
      ...(info.firstRecordTimestamp !== undefined && { firstTimestamp: info.firstRecordTimestamp }),
      ...(info.lastRecordTimestamp !== undefined && { lastTimestamp: info.lastRecordTimestamp }),
    };
  });
  for (const { topic, partition, first, last } of ranges) {
    if (first > last) throw new Error(`${topic}-${partition} ends at offset ${last}, before it begins at ${first}`);
  }
  const records = payload === undefined ? [] : payloadRecords(payload);
  if (records.length === 0 && ranges.length === 0) throw new Error('it names no records');
  const { requestId, functionArn } = requestContext ?? {};
  const places = records.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`);
  const named = ranges.map(({ topic, partition, first, last }) => `${topic}-${partition}@${first}-${last}`);
  const what = (records.length > 0 ? places : named).sort();
  return {
    identity: JSON.stringify([KafkaBatchInfo.eventSourceArn, functionArn, requestId, what]),
    records,
    // The records themselves are better than their places.
    ranges: records.length > 0 ? [] : ranges,
  };
}

function payloadRecords(payload: string | object): CarriedRecord[] {
  const value = typeof payload === 'string' ? parseJson(payload, 'its payload') : payload;
  if (typeof value === 'object' && value !== null && 'records' in value) return recordsOf(checked(event, value));
  return [carried(checked(eventRecord, value))];
}

function recordsOf({ records }: z.output<typeof event>): CarriedRecord[] {
  const found = Object.values(records).flat().map(carried);
  if (found.length === 0) throw new Error('it holds no records');
  return found;
}

function carried({
  topic,
  partition,
  offset,
  timestamp,
  key,
  value,
  headers,
}: z.output<typeof eventRecord>): CarriedRecord {
  return {
    topic,
    partition,
    offset,
    ...(timestamp !== undefined && { timestamp }),
    key: bytes(key, 'base64'),
    value: bytes(value, 'base64'),
    headers: (headers ?? []).flatMap((header) =>
      Object.entries(header).map(([name, content]): [Buffer, Buffer | null] => [
        Buffer.from(name),
        content === null ? null : Buffer.from(content),
      ]),
    ),
  };
}

function bytes(content: string | null | undefined, encoding: 'utf8' | 'base64'): Buffer | null {
  return content === null || content === undefined ? null : Buffer.from(content, encoding);
}

function parseJson(content: string, what: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw new Error(`${what} is no JSON`);
  }
}

function checked<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues as [z.core.$ZodIssue];
  throw new Error(path.length === 0 ? message : `${path.join('.')}: ${message}`);
}
