import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MskBackupError } from '../../runtime/src/errors.ts';
import { type LambdaApi, lambdaApi } from '../../runtime/src/mappings/lambda-api.ts';
import { namesFunction, parseFunctionName } from '../../runtime/src/mappings/lambda-names.ts';
import { freePorts } from '../support/ports.ts';
import { useCredentials } from './credentials.ts';
import { ACCESS_KEY, LambdaServer, SECRET_KEY } from './lambda-server.ts';

useCredentials();

const QUICK = { attempts: 4, firstPauseMs: 5, longestPauseMs: 20, patienceMs: 60_000, staleMs: 60_000 };
const IMPATIENT = { attempts: 4, firstPauseMs: 5, longestPauseMs: 20, patienceMs: 200, staleMs: 60_000 };

let server: LambdaServer;
let api: LambdaApi;

beforeEach(async () => {
  server = await LambdaServer.start();
  api = lambdaApi({ region: server.region, endpoint: server.endpoint }, QUICK);
});
afterEach(async () => {
  api.close();
  await server.stop();
});

async function failure(promise: Promise<unknown>): Promise<MskBackupError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MskBackupError);
  return error as MskBackupError;
}

describe('a mapping', () => {
  test('is shown with its function, cluster, topic, group and state', async () => {
    const { UUID } = server.add({ FunctionArn: server.functionArn('order-processor:live') });
    expect(await api.get(UUID)).toMatchObject({
      uuid: UUID,
      arn: `arn:aws:lambda:eu-west-1:123456789012:event-source-mapping:${UUID}`,
      functionArn: server.functionArn('order-processor:live'),
      eventSourceArn: server.clusterArn('shop'),
      topics: ['orders'],
      consumerGroupId: `amazon.lambda.${UUID}`,
      state: 'Enabled',
    });
  });

  test('that does not exist is undefined', async () => {
    expect(await api.get('00000000-0000-4000-8000-000000000000')).toBeUndefined();
  });

  test('is disabled, enabled and deleted', async () => {
    const { UUID } = server.add();
    await api.disable(UUID);
    expect((await api.waitForState(UUID, 'Disabled'))?.state).toBe('Disabled');
    await api.enable(UUID);
    expect((await api.waitForState(UUID, 'Enabled'))?.state).toBe('Enabled');
    await api.delete(UUID);
    expect(await api.waitForState(UUID, 'gone')).toBeUndefined();
    expect(server.mappings.size).toBe(0);
    await api.delete(UUID);
  });

  test('in transition is waited for before it is changed', async () => {
    const { UUID } = server.add();
    await api.disable(UUID);
    await api.enable(UUID);
    await api.delete(UUID);
    await api.waitForState(UUID, 'gone');
    expect(server.requests.filter(({ action }) => action === 'Update').length).toBeGreaterThan(2);
  });

  test('that stays in transition ends the patience, with what Lambda says', async () => {
    const { UUID } = server.add({ LastProcessingResult: 'PROBLEM: Connection error.' });
    const impatient = lambdaApi({ region: server.region, endpoint: server.endpoint }, IMPATIENT);
    server.stick();
    await impatient.disable(UUID);
    const error = await failure(impatient.waitForState(UUID, 'Disabled'));
    expect(error).toMatchObject({ kind: 'connection', code: 'MAPPING_STATE' });
    expect(error.message).toContain(`${UUID} in eu-west-1 at ${server.endpoint} is Disabling and not Disabled`);
    expect(error.message).toContain('Lambda says: USER_INITIATED; PROBLEM: Connection error.');
    expect(await failure(impatient.delete(UUID))).toMatchObject({ code: 'LAMBDA_CONFLICT' });
    impatient.close();
  });

  test('that comes to rest in another state is told with the reason', async () => {
    const { UUID } = server.add({ State: 'Disabled' });
    server.endNextIn('Disabled', 'The execution role may not describe the cluster');
    await api.enable(UUID);
    const error = await failure(api.waitForState(UUID, 'Enabled'));
    expect(error.code).toBe('MAPPING_STATE');
    expect(error.message).toContain('is Disabled and not Enabled');
    expect(error.message).toContain('The execution role may not describe the cluster');
  });

  test('that was deleted by somebody else while waiting', async () => {
    const error = await failure(api.waitForState('00000000-0000-4000-8000-000000000000', 'Disabled'));
    expect(error).toMatchObject({ kind: 'configuration', code: 'MAPPING_GONE' });
  });

  test('is not waited for any longer on the signal', async () => {
    const { UUID } = server.add();
    server.stick();
    await api.disable(UUID);
    const stop = new AbortController();
    const waiting = failure(api.waitForState(UUID, 'Disabled', stop.signal));
    stop.abort(new MskBackupError('interrupted', 'INTERRUPTED', 'stopped by SIGTERM'));
    expect(await waiting).toMatchObject({ kind: 'interrupted', message: 'stopped by SIGTERM' });
    expect(await failure(api.get(UUID, stop.signal))).toMatchObject({ kind: 'interrupted' });
  });
});

describe('the list', () => {
  test('has all pages', async () => {
    const uuids = Array.from({ length: 250 }, (_, n) => server.add({ Topics: [`t${n}`] }).UUID);
    expect((await api.list()).map(({ uuid }) => uuid)).toEqual(uuids);
    expect(server.requests).toHaveLength(3);
  });

  test('of a function has its versions and aliases too, unless one is named', async () => {
    const plain = server.add();
    const live = server.add({ FunctionArn: server.functionArn('order-processor:live'), Topics: ['payments'] });
    server.add({ FunctionArn: server.functionArn('order-processor-2'), Topics: ['payments'] });
    const of = async (functionName: string) => (await api.list({ functionName })).map(({ uuid }) => uuid);
    expect(await of('order-processor')).toEqual([plain.UUID, live.UUID]);
    expect(await of(server.functionArn('order-processor'))).toEqual([plain.UUID, live.UUID]);
    expect(await of('order-processor:live')).toEqual([live.UUID]);
    expect(await of('123456789012:function:order-processor:live')).toEqual([live.UUID]);
    expect(await of('order-processo')).toEqual([]);
  });

  test('of a cluster', async () => {
    server.add();
    const other = server.add({ EventSourceArn: server.clusterArn('dr') });
    expect(await api.list({ eventSourceArn: server.clusterArn('dr') })).toMatchObject([{ uuid: other.UUID }]);
  });
});

test('function names in every form that Lambda takes', () => {
  expect(parseFunctionName('arn:aws-cn:lambda:cn-north-1:123456789012:function:a:7')).toEqual({
    partition: 'aws-cn',
    region: 'cn-north-1',
    account: '123456789012',
    name: 'a',
    qualifier: '7',
  });
  expect(parseFunctionName('a')).toMatchObject({ name: 'a', qualifier: undefined, region: undefined });
  expect(namesFunction('a', 'arn:aws:lambda:eu-west-1:123456789012:function:a:live')).toBe(true);
  expect(namesFunction('999999999999:function:a', 'arn:aws:lambda:eu-west-1:123456789012:function:a')).toBe(false);
});

describe('requests', () => {
  test('are repeated when there were too many, and after a broken connection', async () => {
    const { UUID } = server.add();
    server.throttle(3);
    expect((await api.get(UUID))?.uuid).toBe(UUID);
    expect(server.requests).toHaveLength(4);
    server.loseAnswer('Update');
    await api.disable(UUID);
    expect((await api.waitForState(UUID, 'Disabled'))?.state).toBe('Disabled');
  });

  test.each([
    ['AccessDeniedException', 403, 'LAMBDA_ACCESS_DENIED', 'allow lambda:GetEventSourceMapping'],
    ['UnrecognizedClientException', 403, 'LAMBDA_CREDENTIALS_REJECTED', 'not accepted'],
    ['InvalidSignatureException', 403, 'LAMBDA_CREDENTIALS_REJECTED', 'not accepted'],
    ['ExpiredTokenException', 403, 'LAMBDA_CREDENTIALS_EXPIRED', 'get new ones'],
    ['KMSAccessDeniedException', 502, 'LAMBDA_KMS_KEY', 'the KMS key cannot be used'],
    ['InvalidParameterValueException', 400, 'LAMBDA_REFUSED', 'was refused: as it says'],
    ['TooManyRequestsException', 429, 'LAMBDA_THROTTLED', 'try again later'],
    ['ServiceException', 500, 'LAMBDA_FAILED', 'lambda:GetEventSourceMapping failed: ServiceException'],
  ])('that %s refuses: what and where, what to do', async (name, status, code, text) => {
    const signed = `as it says, ${'Credential='}${ACCESS_KEY}/20261124/eu-west-1 Signature=${'0'.repeat(64)}`;
    const message = code === 'LAMBDA_CREDENTIALS_REJECTED' ? signed : 'as it says';
    server.refuse('Get', { status, name, message }, 100);
    const error = await failure(api.get('00000000-0000-4000-8000-000000000000'));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
    expect(error.message).toMatch(
      /^Lambda in eu-west-1 at http:\/\/127\.0\.0\.1:\d+, event source mapping 00000000-[^\n]*\(request [0-9a-f-]+\)$/,
    );
    withoutCredentials(error);
  });

  test('that nobody answers', async () => {
    const [port] = await freePorts(1);
    const away = lambdaApi({ region: 'eu-west-1', endpoint: `http://127.0.0.1:${port}` }, QUICK);
    const error = await failure(away.list());
    expect(error).toMatchObject({ kind: 'connection', code: 'LAMBDA_UNREACHABLE' });
    expect(error.message).toContain('ECONNREFUSED');
    withoutCredentials(error);
    away.close();
  });

  test('without a region, and without credentials', async () => {
    const { AWS_REGION, AWS_DEFAULT_REGION, ...rest } = process.env;
    process.env = rest;
    try {
      expect(await failure(lambdaApi({}, QUICK).list())).toMatchObject({ code: 'LAMBDA_REGION_MISSING' });
      const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...none } = rest;
      process.env = none;
      const place = { region: 'eu-west-1', endpoint: server.endpoint };
      expect(await failure(lambdaApi(place, QUICK).list())).toMatchObject({ code: 'LAMBDA_CREDENTIALS_MISSING' });
      process.env = { ...none, AWS_ACCESS_KEY_ID: 'AKIASOMEBODYELSES000', AWS_SECRET_ACCESS_KEY: SECRET_KEY };
      const error = await failure(lambdaApi(place, QUICK).list());
      expect(error).toMatchObject({ code: 'LAMBDA_CREDENTIALS_REJECTED' });
      withoutCredentials(error, 'AKIASOMEBODYELSES000');
    } finally {
      process.env = { ...rest, ...(AWS_REGION && { AWS_REGION }), ...(AWS_DEFAULT_REGION && { AWS_DEFAULT_REGION }) };
    }
  });
});

/** Nothing of the error shows who asked, and with what: neither its message nor whatever a log would print of it. */
function withoutCredentials(error: MskBackupError, key: string = ACCESS_KEY): void {
  const shown = inspect(error, { depth: 20, showHidden: true });
  for (const secret of [key, SECRET_KEY, 'Signature=']) expect(shown).not.toContain(secret);
}
