/** A listener as MSK has on port 9098: TLS, and tokens that are signed with AWS keys, which `IamVerifier.java` checks. */

import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Broker } from './broker.ts';
import { STORE_PASSWORD, tlsKey } from './tls.ts';

const LOGIN_MODULES = 'org.apache.kafka.common.security';

export interface IamOptions {
  /** That tokens have to be signed for. */
  region: string;
  /** Keys that are let in from the start. */
  keys: IamKey[];
  /** `connections.max.reauth.ms`: a session lasts so long at most, and as long as its token. Default: 900,000 ms. */
  sessionMs?: number;
}

export interface IamKey {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** The user's or role session's ARN: what the broker knows it as. */
  principal: string;
}

export interface IamVerdicts {
  /** Principals of the tokens that were accepted, in order. */
  accepted: string[];
  /** Why the others were not. */
  refused: string[];
  /** Opened to the listener. */
  connections: number;
  /** Ended because a request came after the session's end. */
  expired: number;
}

export class IamListener {
  /** `127.0.0.1:port` of each broker. */
  readonly bootstrapServers: string[];
  /** PEM file with the brokers' certificate. */
  readonly caFile: string;
  readonly region: string;
  readonly #brokers: Broker[];
  readonly #keysFile: string;

  constructor(ports: number[], caFile: string, region: string, brokers: Broker[], keysFile: string) {
    this.bootstrapServers = ports.map((port) => `127.0.0.1:${port}`);
    this.caFile = caFile;
    this.region = region;
    this.#brokers = brokers;
    this.#keysFile = keysFile;
  }

  /** Lets another key in, from the next token on. */
  async allow(key: IamKey): Promise<void> {
    await appendFile(this.#keysFile, line(key));
  }

  /** By all brokers since their start. */
  async verdicts(): Promise<IamVerdicts> {
    const logs = await Promise.all(this.#brokers.map(({ logFile }) => readFile(logFile, 'utf8')));
    const found = (word: string) =>
      logs.flatMap((log) =>
        [...log.matchAll(new RegExp(`^IAM ${word}: (.*)$`, 'gm'))].map(([, rest]) => rest as string),
      );
    // The listener is in the name of the thread.
    const count = (words: string) =>
      logs.flatMap((log) => log.match(new RegExp(`IAM\\)?-SASL_SSL-.*${words}`, 'g')) ?? []).length;
    return {
      accepted: found('accepted'),
      refused: found('refused'),
      connections: count('listening to new connection'),
      expired: count('Disconnecting expired channel'),
    };
  }
}

/** What a broker needs for the listener, which is called IAM. SCRAM-SHA-512 is offered beside it. */
export interface IamSetup {
  keysFile: string;
  caFile: string;
  java: string[];
  config: Record<string, string>;
}

export async function setUpIam(directory: string, options: IamOptions): Promise<IamSetup> {
  const { store, certificate } = await tlsKey('broker');
  await mkdir(directory, { recursive: true });
  const keysFile = join(directory, 'iam-keys');
  await writeFile(keysFile, options.keys.map(line).join(''));
  return {
    keysFile,
    caFile: certificate,
    java: [
      `-Dmsk.iam.region=${options.region}`,
      `-Dmsk.iam.credentials=${keysFile}`,
      // Tells of each new connection and of those that are ended because their session is over.
      '-Dorg.slf4j.simpleLogger.log.kafka.network.Processor=debug',
    ],
    config: {
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,IAM:SASL_SSL',
      'inter.broker.listener.name': 'PLAINTEXT',
      'listener.name.iam.ssl.keystore.location': store,
      'listener.name.iam.ssl.keystore.type': 'PKCS12',
      'listener.name.iam.ssl.keystore.password': STORE_PASSWORD,
      'listener.name.iam.sasl.enabled.mechanisms': 'OAUTHBEARER,SCRAM-SHA-512',
      'listener.name.iam.oauthbearer.sasl.jaas.config': `${LOGIN_MODULES}.oauthbearer.OAuthBearerLoginModule required;`,
      'listener.name.iam.oauthbearer.sasl.server.callback.handler.class': 'IamVerifier',
      'listener.name.iam.oauthbearer.connections.max.reauth.ms': String(options.sessionMs ?? 900_000),
      'listener.name.iam.scram-sha-512.sasl.jaas.config': `${LOGIN_MODULES}.scram.ScramLoginModule required;`,
      'listener.name.iam.scram-sha-512.connections.max.reauth.ms': String(options.sessionMs ?? 900_000),
    },
  };
}

function line({ accessKeyId, secretAccessKey, sessionToken, principal }: IamKey): string {
  return `${[accessKeyId, secretAccessKey, sessionToken ?? '-', principal].join('\t')}\n`;
}
