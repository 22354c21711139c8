import { z } from 'zod';
import { remarked } from './remarks.ts';
import { securitySchema } from './security.ts';
import { anything, duration, flag, integer, text, topicName, topicPattern } from './values.ts';

const sockets = 'not used: the client sets its sockets itself';

const connectionSchema = z
  .strictObject({
    connect_timeout: duration('1s', '10m'),
    request_timeout: duration('1s', '1h'),
    tcp_keepalive: remarked(flag(), sockets),
    keepalive_time_secs: remarked(integer(0), sockets),
    keepalive_interval_secs: remarked(integer(0), sockets),
    tcp_nodelay: remarked(flag(), sockets),
    connections_per_broker: remarked(integer(1), 'not used: a connection carries several requests at once here'),
  })
  .partial();

const cluster = {
  /** A list, or one text; each may hold several servers with commas between them, as AWS gives them. */
  bootstrap_servers: z.union([text(), z.array(text()).min(1, { error: 'must name at least one server' })], {
    error: 'must be host:port, or a list of them',
  }),
  security: securitySchema,
  connection: connectionSchema,
  kafka_config: remarked(z.record(z.string(), anything()), 'not used: the client takes no settings of librdkafka'),
};

export const sourceSchema = z
  .strictObject({
    ...cluster,
    topics: z.strictObject({ include: z.array(topicPattern()), exclude: z.array(topicPattern()) }).partial(),
  })
  .partial();

/** A pattern of the source, or `~` and a regular expression. */
function topicExpression() {
  return z
    .string()
    .refine(
      (pattern) => (pattern.startsWith('~') ? isExpression(pattern.slice(1)) : /^[A-Za-z0-9._*?-]+$/.test(pattern)),
      { error: 'is no topic name, no pattern with * and ?, and no ~ with a regular expression of JavaScript' },
    );
}

function isExpression(source: string): boolean {
  try {
    new RegExp(source, 'u');
    return source !== '';
  } catch {
    return false;
  }
}

export const topicMapSchema = z.record(topicName(), topicName());

export const targetSchema = z
  .strictObject({
    ...cluster,
    topics: z
      .strictObject({
        include: z.array(topicExpression()),
        exclude: z.array(topicExpression()),
        rename: topicMapSchema,
      })
      .partial(),
  })
  .partial();

export type SourceSection = z.output<typeof sourceSchema>;
export type TargetSection = z.output<typeof targetSchema>;
