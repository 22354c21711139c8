import { expect, it } from 'vitest';
import { type AwsCredentials, LastingCredentials } from '../../runtime/src/credentials/lasting-credentials.ts';

const MINUTE = 60_000;
const key = (accessKeyId: string, leftMs?: number): AwsCredentials => ({
  accessKeyId,
  secretAccessKey: 's',
  ...(leftMs !== undefined && { expiration: new Date(Date.now() + leftMs) }),
});

/** Answers one after the other; the last one again and again. */
function answering(...answers: (AwsCredentials | Error)[]) {
  let calls = 0;
  const lasting = new LastingCredentials(async () => {
    const answer = answers[Math.min(calls, answers.length - 1)] as AwsCredentials | Error;
    calls += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return { lasting, calls: () => calls };
}

it('keys that do not expire are fetched once', async () => {
  const { lasting, calls } = answering(key('a'));
  await lasting.current();
  expect((await lasting.current()).accessKeyId).toBe('a');
  expect(calls()).toBe(1);
});

it('those with less than 15 minutes left are fetched anew, others are not', async () => {
  const { lasting, calls } = answering(key('a', 14 * MINUTE), key('b', 16 * MINUTE), key('c'));
  expect((await lasting.current()).accessKeyId).toBe('a');
  expect((await lasting.current()).accessKeyId).toBe('b');
  expect((await lasting.current()).accessKeyId).toBe('b');
  expect(calls()).toBe(2);
});

it('callers at the same time share one attempt', async () => {
  const { lasting, calls } = answering(key('a', MINUTE));
  await Promise.all([lasting.current(), lasting.current(), lasting.current()]);
  expect(calls()).toBe(1);
});

it('when there are no new ones, the old ones serve as long as they are valid', async () => {
  const { lasting } = answering(key('a', MINUTE), new Error('away'), key('b', -1), new Error('still away'));
  await lasting.current();
  expect((await lasting.current()).accessKeyId).toBe('a');
  expect((await lasting.current()).accessKeyId).toBe('b');
  await expect(lasting.current()).rejects.toThrow('still away');
});
