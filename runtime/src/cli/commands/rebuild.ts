import { rebuildFromPacks } from '../../archive/rebuild.ts';
import { withStore } from '../archive-source.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { ArchiveOptions } from '../options.ts';
import { counted } from '../output.ts';
import type { Run } from '../run.ts';
import { snapshotFacts } from '../snapshot-text.ts';

/** `rebuild`: ends with `data` when packs could not be read; what could be is in the snapshot. */
export async function execute({ options, context, print }: Run<ArchiveOptions>): Promise<number> {
  return withStore(options, async (store) => {
    const { snapshot, unreadable } = await rebuildFromPacks(store, context);
    const problems = unreadable.map(({ code, message }) => ({ code, message }));
    print({ snapshot, unreadable: problems }, () => {
      const missing = problems.map(({ message }) => `left out: ${message}`);
      return [
        snapshotFacts(snapshot),
        `Made of ${counted(snapshot.added.records, 'record')} in packs, which know nothing of consumer groups and log starts.`,
        ...missing,
      ].join('\n\n');
    });
    return unreadable.length > 0 ? EXIT_CODES.data : EXIT_CODES.ok;
  });
}
