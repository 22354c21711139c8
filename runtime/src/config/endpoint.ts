import type { Findings, Path } from './findings.ts';
import type { KafkaEndpoint, KafkaSecurity, TopicSelection } from './job.ts';
import type { SourceSection, TargetSection } from './schema/kafka.ts';
import { toSecurity } from './security.ts';

/** Ports on which MSK listens inside its VPC. */
const MSK_PORTS = { PLAINTEXT: 9092, SSL: 9094, SASL_SSL: 9096, SASL_PLAINTEXT: 9092 };
const IAM_PORT = 9098;

export function toEndpoint(
  section: SourceSection | TargetSection | undefined,
  name: 'source' | 'target',
  findings: Findings,
): KafkaEndpoint {
  const path = [name, 'bootstrap_servers'];
  if (section?.bootstrap_servers === undefined) findings.required(path, 'is missing: host:port of at least one broker');
  const security = toSecurity(section?.security ?? {}, [name, 'security'], findings);
  return {
    bootstrapServers: servers(section?.bootstrap_servers ?? [], path, security, findings),
    security,
    connectTimeoutMs: section?.connection?.connect_timeout ?? 10_000,
    requestTimeoutMs: section?.connection?.request_timeout ?? 30_000,
  };
}

export function toSelection(section: SourceSection | TargetSection | undefined): TopicSelection {
  return { include: section?.topics?.include ?? [], exclude: section?.topics?.exclude ?? [] };
}

/** AWS gives the brokers as one text with commas: taken as it is, alone or in a list. */
function servers(given: string | string[], path: Path, security: KafkaSecurity, findings: Findings): string[] {
  const items = Array.isArray(given)
    ? given.map((text, index) => ({ text, at: [...path, index] }))
    : [{ text: given, at: path }];
  const found = items.flatMap(({ text, at }) =>
    text
      .split(',')
      .map((server) => server.trim())
      .filter((server) => server !== '')
      .map((server) => checkedServer(server, at, security, findings)),
  );
  if (items.length > 0 && found.length === 0) findings.problem(path, 'names no server');
  return [...new Set(found)];
}

function checkedServer(server: string, at: Path, security: KafkaSecurity, findings: Findings): string {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(server);
  const port = Number(match?.[2]);
  if (match === null || (match[2] !== undefined && (port < 1 || port > 65_535))) {
    findings.problem(at, 'must be host:port');
    return server;
  }
  if (security.mechanism === 'AWS_MSK_IAM' && (match[2] === undefined || port === MSK_PORTS.PLAINTEXT)) {
    const why = match[2] === undefined ? 'has no port' : `port ${port} takes no IAM`;
    findings.remark(at, `${why}: ${IAM_PORT} is used`);
    return `${match[1]}:${IAM_PORT}`;
  }
  if (match[2] === undefined) {
    findings.problem(at, `has no port: ${match[1]}:${MSK_PORTS[security.protocol]} may be meant`);
  }
  return server;
}
