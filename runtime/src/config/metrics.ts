import { MskBackupError } from '../errors.ts';
import type { Findings } from './findings.ts';
import type { MetricsSection } from './schema/metrics.ts';

/** Which metrics are written where; docs/metrics.md. */
export interface MetricsSettings {
  /** CloudWatch embedded metric format on the standard output. Default: as MSK_BACKUP_METRICS says. */
  cloudwatch: boolean;
  /** Also a set of values for each topic. Default false. */
  topics: boolean;
  /** A server that Prometheus can ask while a run goes on; undefined for none. */
  prometheus?: PrometheusSettings;
}

export interface PrometheusSettings {
  /** Default 8080. */
  port: number;
  /** Default `0.0.0.0`. */
  bindAddress: string;
  /** Default `/metrics`. */
  path: string;
  /** How long the server stays after the run, so that its last values are seen. Default 0. */
  keepAliveSeconds: number;
}

const FORMAT = 'emf';
const ENVIRONMENT_PROBLEM = 'the environment variable MSK_BACKUP_METRICS must be emf, or not set';

/**
 * Where there is no configuration.
 * @throws MskBackupError `METRICS_FORMAT`
 */
export function environmentMetrics(env: NodeJS.ProcessEnv): MetricsSettings {
  return toMetrics({}, env, {
    problem(_path, message) {
      throw new MskBackupError('configuration', 'METRICS_FORMAT', message);
    },
    remark() {},
  });
}

/**
 * The server is there when `enabled` says so, or, as with kafka-backup, where its port, address or path are given.
 * @param env MSK_BACKUP_METRICS: `emf` stands for `cloudwatch: true` where the file does not say
 */
export function toMetrics(
  section: MetricsSection = {},
  env: NodeJS.ProcessEnv,
  findings: Pick<Findings, 'problem' | 'remark'>,
): MetricsSettings {
  const wanted = env.MSK_BACKUP_METRICS;
  if (wanted && wanted !== FORMAT) findings.problem(['metrics'], ENVIRONMENT_PROBLEM);
  const { port, bind_address: bindAddress, path, keep_alive_seconds: keepAliveSeconds } = section;
  const served = section.enabled ?? [port, bindAddress, path].some((value) => value !== undefined);
  if (keepAliveSeconds && !served) {
    findings.remark(['metrics', 'keep_alive_seconds'], 'not used without metrics.enabled: true');
  }
  return {
    cloudwatch: section.cloudwatch ?? wanted === FORMAT,
    topics: section.topics ?? false,
    ...(served && {
      prometheus: {
        port: port ?? 8080,
        bindAddress: bindAddress ?? '0.0.0.0',
        path: path ?? '/metrics',
        keepAliveSeconds: keepAliveSeconds ?? 0,
      },
    }),
  };
}
