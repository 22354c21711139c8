/** Every resource type that the stand-in serves, by its token. */

import type { Kind } from '../kind.ts';
import { ec2 } from './ec2.ts';
import { ecs } from './ecs.ts';
import { iam } from './iam.ts';
import { images } from './images.ts';
import { kms } from './kms.ts';
import { lambda } from './lambda.ts';
import { messages } from './messages.ts';
import { s3 } from './s3.ts';
import { scheduler } from './scheduler.ts';
import { watch } from './watch.ts';

export const kinds: Record<string, Kind> = {
  ...s3,
  ...kms,
  ...iam,
  ...ecs,
  ...ec2,
  ...images,
  ...lambda,
  ...scheduler,
  ...messages,
  ...watch,
};
