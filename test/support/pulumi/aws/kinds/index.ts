/** Every resource type that the stand-in serves, by its token. */

import type { Kind } from '../kind.ts';
import { iam } from './iam.ts';
import { kms } from './kms.ts';
import { messages } from './messages.ts';
import { s3 } from './s3.ts';
import { scheduler } from './scheduler.ts';

export const kinds: Record<string, Kind> = { ...s3, ...kms, ...iam, ...messages, ...scheduler };
