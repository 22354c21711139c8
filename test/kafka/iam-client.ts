/** Clients of a test cluster's IAM listener. */

import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';
import type { KafkaEndpoint, KafkaSecurity } from '../../runtime/src/config/job.ts';
import type { KafkaClient } from '../../runtime/src/kafka/client.ts';
import { createKafkaClient } from '../../runtime/src/kafka/kafkajs-client.ts';
import { metadataRequest } from '../../runtime/src/kafka/protocol/metadata.ts';
import type { KafkaCluster } from '../support/kafka/cluster.ts';
import type { IamKey } from '../support/kafka/iam-listener.ts';
import { endpointOf } from './support.ts';

export const REGION = 'eu-central-1';
export const BACKUP: IamKey = {
  accessKeyId: 'AKIABACKUP',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCY',
  principal: 'arn:aws:iam::123456789012:user/backup',
};
/** Sessions are renewed in their last fifth. Brokers refuse to do that within a second. */
export const SESSION_MS = 2000;

/** Nothing of the machine's own AWS settings. `vi.unstubAllEnvs` takes it back. */
export function useCredentials(settings: Record<string, string>): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere/credentials');
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
}

export const keysOf = ({ accessKeyId, secretAccessKey }: IamKey) => ({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
});

export function iamEndpoint(cluster: KafkaCluster, security: Partial<KafkaSecurity> = {}): KafkaEndpoint {
  const { bootstrapServers, caFile } = cluster.iam;
  return endpointOf(cluster, {
    bootstrapServers,
    security: { protocol: 'SASL_SSL', mechanism: 'AWS_MSK_IAM', caFile, region: REGION, ...security },
  });
}

async function using<T>(endpoint: KafkaEndpoint, work: (client: KafkaClient) => Promise<T>): Promise<T> {
  const client = createKafkaClient(endpoint);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.close();
  }
}

export const brokersOf = (endpoint: KafkaEndpoint) =>
  using(endpoint, async (client) => (await client.brokers()).length);

/** Five requests at once on each lane, every 50 ms, for some sessions. Rejects when one is not answered. */
export async function askThrough(sessions: number, endpoint: KafkaEndpoint): Promise<number> {
  return using(endpoint, async (client) => {
    const answers: Promise<unknown>[] = [];
    for (const end = Date.now() + sessions * SESSION_MS; Date.now() < end; await sleep(50)) {
      for (let i = 0; i < 5; i++)
        for (const lane of ['control', 'fetch'] as const) answers.push(client.send(1, metadataRequest([]), lane));
    }
    return (await Promise.all(answers)).length;
  });
}

/** What comes of the work, its failure too, and what the brokers said meanwhile. */
export async function verdictsDuring(cluster: KafkaCluster, work: () => Promise<unknown>) {
  const before = await cluster.iam.verdicts();
  const result = await work().catch((reason) => reason);
  const after = await cluster.iam.verdicts();
  return {
    result,
    accepted: after.accepted.slice(before.accepted.length),
    refused: after.refused.slice(before.refused.length),
    connections: after.connections - before.connections,
    expired: after.expired - before.expired,
  };
}
