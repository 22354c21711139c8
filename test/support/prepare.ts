/**
 * Fetches what the tests' servers need. Vitest runs it before all tests; `node test/support/prepare.ts [version…]` does
 * it alone, for all of the tests' Kafka versions or the named ones.
 */

import { installKafka } from './kafka/install.ts';
import { installMinistack } from './s3/emulator.ts';

async function prepare(versions: string[]): Promise<void> {
  // Maven's repository is not made for two writers: one version after the other. The emulator comes from elsewhere.
  const brokers = async () => {
    for (const version of versions) await installKafka(version);
  };
  await Promise.all([brokers(), installMinistack()]);
}

const ofTests = ['4', '3.9', '3.6'];

export default (): Promise<void> => prepare(ofTests);

if (import.meta.main) await prepare(process.argv.length > 2 ? process.argv.slice(2) : ofTests);
