import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { describeJob } from '../../runtime/src/config/describe-job.ts';
import { regionOfBroker } from '../../runtime/src/config/msk-broker.ts';
import { parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';
import { regionOf } from '../../runtime/src/kafka/security/iam-token.ts';
import { problems } from './support.ts';

const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:AmazonMSK_backup-a1B2c3';
const PARAMETER = 'arn:aws-cn:ssm:cn-north-1:123456789012:parameter/kafka/prod/ca';

const text = (security: object, servers: string[] = ['b-1:9096']) =>
  stringify({
    mode: 'backup',
    source: { bootstrap_servers: servers, security },
    storage: { backend: 'filesystem', path: '/b' },
  });

function read(security: object, servers?: string[]) {
  const { job, remarks } = parseConfiguration(text(security, servers), { file: 'f', env: {}, now: new Date(0) });
  if (job.mode !== 'backup') throw new Error('another job');
  return { job, source: job.source, remarks: remarks.map(({ path, message }) => `${path}: ${message}`) };
}

const iam = { sasl_mechanism: 'AWS_MSK_IAM' };
const scram = { security_protocol: 'SASL_SSL', sasl_mechanism: 'SCRAM-SHA-512' };
const msk = 'b-1.prod.abc123.c2.kafka.eu-west-1.amazonaws.com';

describe('ports with AWS_MSK_IAM', () => {
  it.each([
    [['b-1', 'b-2:9092'], ['b-1:9098', 'b-2:9098'], 2],
    [['b-1:9098,b-2:9092 , b-3:9098'], ['b-1:9098', 'b-2:9098', 'b-3:9098'], 1],
    [[`${msk}:9092,${msk}:9094`, `${msk}:9096`], [`${msk}:9098`], 3],
    [[`${msk}:9194`, `${msk}:9198`], [`${msk}:9198`], 1],
    // Of another name nobody knows what the port is; MSK's private links have ports of their own.
    [['proxy:9094', 'proxy:9096', `${msk}:14001`], ['proxy:9094', 'proxy:9096', `${msk}:14001`], 0],
  ])('%j become %j', (servers, expected, remarks) => {
    const found = read(iam, servers);
    expect(found.source.bootstrapServers).toEqual(expected);
    expect(found.remarks).toHaveLength(remarks);
  });

  it('are told in one line each', () => {
    expect(read(iam, ['b-1:9092', 'b-2']).remarks).toEqual([
      'source.bootstrap_servers[0]: port 9092 takes no IAM: 9098 is used',
      'source.bootstrap_servers[1]: has no port: 9098 is used',
    ]);
  });
});

describe('the region', () => {
  it.each([
    [`${msk}:9098`, 'eu-west-1'],
    ['boot-abc.c1.kafka-serverless.us-east-1.amazonaws.com:9098', 'us-east-1'],
    ['b-1.x.abc.c2.kafka.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['b-1.x.abc.c2.kafka.cn-north-1.amazonaws.com.cn:9098', 'cn-north-1'],
    ['B-1.X.ABC.C2.KAFKA.EU-WEST-1.AMAZONAWS.COM:9098', 'eu-west-1'],
    ['b-1.my-cluster.example:9098', undefined],
    ['b-1.kafka.eu-west-1.amazonaws.com.evil.example:9098', undefined],
  ])('of %s is %s', (server, region) => {
    expect(regionOfBroker(server)).toBe(region);
  });

  it('of the configuration comes before that of the names, which is remarked on', () => {
    const { source, remarks } = read({ ...iam, region: 'eu-central-1' }, [`${msk}:9098`]);
    expect(regionOf(source.security, source.bootstrapServers)).toBe('eu-central-1');
    expect(remarks).toEqual(["source.security.region: is used, although the brokers' names say eu-west-1"]);
    const named = read(iam, ['proxy:9098', `${msk}:9098`]).source;
    expect(regionOf(named.security, named.bootstrapServers)).toBe('eu-west-1');
  });

  it('has to be one', () => {
    expect(problems(text({ ...iam, region: 'Frankfurt' }))).toEqual([
      expect.stringContaining('source.security.region: must be the name of an AWS region'),
    ]);
  });
});

describe('a role to assume', () => {
  const assume_role_arn = 'arn:aws:iam::123456789012:role/path/backup';

  it('is understood with its external id', () => {
    const { source, job } = read({ ...iam, assume_role_arn, assume_role_external_id: 'x-1' });
    expect(source.security.assumeRole).toEqual({ arn: assume_role_arn, externalId: 'x-1' });
    expect(describeJob(job)).toMatchObject({
      source: { security: { assume_role_arn, assume_role_external_id: 'x-1', sasl_mechanism: 'AWS_MSK_IAM' } },
    });
  });

  it('is refused when it is none, and when only its external id is there', () => {
    expect(problems(text({ ...iam, assume_role_arn: 'arn:aws:iam::1:user/x' }))).toEqual([
      expect.stringContaining('source.security.assume_role_arn: must be the ARN of a role'),
    ]);
    expect(problems(text({ ...iam, assume_role_external_id: 'x' }))).toEqual([
      expect.stringContaining('source.security.assume_role_arn: is missing'),
    ]);
  });

  it('is remarked on with another mechanism', () => {
    const { source, remarks } = read({
      ...scram,
      sasl_username: 'u',
      sasl_password: 'p',
      assume_role_arn,
      region: 'eu-west-1',
    });
    expect(remarks).toEqual([
      'source.security.assume_role_arn: not used: it belongs to AWS_MSK_IAM',
      'source.security.region: not used: it belongs to AWS_MSK_IAM',
    ]);
    expect(source.security).not.toHaveProperty('assumeRole');
  });
});

describe('values that are kept in AWS', () => {
  it('are understood wherever they may be, and shown as what they are', () => {
    const security = {
      ...scram,
      sasl_username: `${SECRET}:username::`,
      sasl_password: `${SECRET}::AWSPENDING:`,
      ssl_ca_location: PARAMETER,
    };
    const { source, job, remarks } = read(security);
    const secret = { service: 'secretsmanager', id: SECRET, region: 'eu-west-1' };
    expect(source.security).toEqual({
      protocol: 'SASL_SSL',
      mechanism: 'SCRAM-SHA-512',
      username: { ...secret, arn: `${SECRET}:username::`, jsonKey: 'username' },
      password: { ...secret, arn: `${SECRET}::AWSPENDING:`, versionStage: 'AWSPENDING' },
      caFile: { service: 'ssm', id: PARAMETER, arn: PARAMETER, region: 'cn-north-1' },
      certificateFile: undefined,
      keyFile: undefined,
    });
    expect(describeJob(job)).toMatchObject({ source: { security } });
    expect(remarks).toEqual([]);
  });

  it.each([
    'arn:aws:s3:::bucket/password',
    'arn:aws:secretsmanager:eu-west-1:123456789012:AmazonMSK_backup',
    'arn:aws:ssm:eu-west-1:123456789012:parameter',
    `${SECRET}:a:b:c:d`,
  ])('%s is none: it is refused and not shown', (arn) => {
    const [problem, ...others] = problems(text({ ...scram, sasl_username: 'u', sasl_password: arn }));
    expect(problem).toMatch(/source\.security\.sasl_password: begins with arn: but is neither /);
    expect(problem).not.toContain(arn);
    expect(others).toEqual([]);
  });
});
