import { expect, test } from 'vitest';
import { MskBackupError } from '../../runtime/src/errors.ts';
import { withRetries } from '../../runtime/src/kafka/retry.ts';

test.each(['CLUSTER_UNREACHABLE', 'BROKER_UNREACHABLE', 'CONNECTION_LOST', 'NOT_LEADER_OR_FOLLOWER'])(
  '%s may pass by itself: another attempt is made',
  async (code) => {
    let attempts = 0;
    const attempt = async () => {
      if (++attempts < 3) throw new MskBackupError('connection', code, 'not now');
      return 'done';
    };
    expect(await withRetries(attempt)).toBe('done');
    expect(attempts).toBe(3);
  },
);
