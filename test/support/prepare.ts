/** Fetches what the tests' servers need. Vitest runs it before all tests; `node test/support/prepare.ts` does it alone. */

import { installKafka } from './kafka/install.ts';
import { installMinistack } from './s3/emulator.ts';

export default async function prepare(): Promise<void> {
  // Maven's repository is not made for two writers: one after the other. The emulator comes from elsewhere.
  const brokers = async () => {
    await installKafka('4');
    await installKafka('3.6');
  };
  await Promise.all([brokers(), installMinistack()]);
}

if (import.meta.main) await prepare();
