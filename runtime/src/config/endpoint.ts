import type { Findings, Path } from './findings.ts';
import type { KafkaEndpoint, KafkaSecurity, TopicSelection } from './job.ts';
import { regionOfBroker } from './msk-broker.ts';
import type { SourceSection, TargetSection } from './schema/kafka.ts';
import { toSecurity } from './security.ts';

/** Ports on which MSK listens inside its VPC. */
const MSK_PORTS = { PLAINTEXT: 9092, SSL: 9094, SASL_SSL: 9096, SASL_PLAINTEXT: 9092 };
const IAM_PORT = 9098;
/** MSK's ports for other mechanisms than IAM, outside its VPC: SCRAM and TLS. There, IAM has 9198. */
const PUBLIC_PORTS = [9194, 9196];
const IAM_PUBLIC_PORT = 9198;

export function toEndpoint(
  section: SourceSection | TargetSection | undefined,
  name: 'source' | 'target',
  findings: Findings,
): KafkaEndpoint {
  const path = [name, 'bootstrap_servers'];
  if (section?.bootstrap_servers === undefined) findings.required(path, 'is missing: host:port of at least one broker');
  const security = toSecurity(section?.security ?? {}, [name, 'security'], findings);
  const bootstrapServers = servers(section?.bootstrap_servers ?? [], path, security, findings);
  const named = bootstrapServers.map(regionOfBroker).find((region) => region !== undefined);
  if (security.region !== undefined && named !== undefined && named !== security.region) {
    findings.remark([name, 'security', 'region'], `is used, although the brokers' names say ${named}`);
  }
  return {
    bootstrapServers,
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

/** The port to use instead, or the same. Of MSK's own brokers it is known what the other ports are for. */
function iamPort(host: string, port: number | undefined): number {
  if (port === undefined || port === MSK_PORTS.PLAINTEXT) return IAM_PORT;
  if (regionOfBroker(host) === undefined) return port;
  if (port === MSK_PORTS.SSL || port === MSK_PORTS.SASL_SSL) return IAM_PORT;
  return PUBLIC_PORTS.includes(port) ? IAM_PUBLIC_PORT : port;
}

function checkedServer(server: string, at: Path, security: KafkaSecurity, findings: Findings): string {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(server);
  const port = Number(match?.[2]);
  if (match === null || (match[2] !== undefined && (port < 1 || port > 65_535))) {
    findings.problem(at, 'must be host:port');
    return server;
  }
  if (security.mechanism === 'AWS_MSK_IAM') {
    const better = iamPort(match[1] as string, match[2] === undefined ? undefined : port);
    if (better !== port) {
      const why = match[2] === undefined ? 'has no port' : `port ${port} takes no IAM`;
      findings.remark(at, `${why}: ${better} is used`);
    }
    return `${match[1]}:${better}`;
  }
  if (match[2] === undefined) {
    findings.problem(at, `has no port: ${match[1]}:${MSK_PORTS[security.protocol]} may be meant`);
  }
  return server;
}
