import { MskBackupError } from '../errors.ts';

/** What Lambda gives a handler beside the event, as far as it is used here. */
export interface LambdaContext {
  awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** As EventBridge takes it for the answer; the body is JSON. */
export interface Answer {
  statusCode: number;
  body: string;
}

export function answer(statusCode: number, body: Record<string, unknown>): Answer {
  return { statusCode, body: JSON.stringify(body) };
}

/**
 * The `topics` of an event; undefined when it names none, as the events that EventBridge makes of a schedule without an
 * input of its own.
 * @throws MskBackupError `EVENT_INVALID`
 */
export function topicsOf(event: unknown): string[] | undefined {
  const topics = (event as { topics?: unknown } | null | undefined)?.topics;
  if (topics === undefined || topics === null) return undefined;
  if (Array.isArray(topics) && topics.length > 0 && topics.every((topic) => typeof topic === 'string' && topic !== ''))
    return topics;
  throw new MskBackupError(
    'configuration',
    'EVENT_INVALID',
    'event: topics must be a list of topic names, such as {"topics": ["orders"]}; leave it out for those of the configuration',
  );
}
