import type { Finding } from '../../archive/finding.ts';
import { resolveSnapshot } from '../../archive/resolve-snapshot.ts';
import { type VerifyReport, verifyArchive } from '../../archive/verify.ts';
import { MskBackupError } from '../../errors.ts';
import { withStore } from '../archive-source.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { type ArchiveOptions, isNamed } from '../options.ts';
import { bytes, count, counted, facts } from '../output.ts';
import type { Run } from '../run.ts';

interface Options extends ArchiveOptions {
  backupId?: string;
  depth?: 'names' | 'part' | 'full';
  part?: { k: number; n: number };
}

/** Parts of `--depth part` without `--part`: a daily run has read everything after so many days. */
const DAILY_PARTS = 10;
const DAY_MS = 24 * 60 * 60 * 1000;
/** More lines than this help nobody; `--json` has them all. */
const MAX_SHOWN = 100;

/** `verify`: the whole archive, or one snapshot; ends with `data` when something is wrong. */
export async function execute({ options, context, print }: Run<Options>): Promise<number> {
  const depth = options.depth ?? (options.part ? 'part' : 'names');
  if (options.part !== undefined && depth !== 'part') {
    throw new MskBackupError('usage', 'PART_WITHOUT_DEPTH', `--part goes with --depth part, not with --depth ${depth}`);
  }
  const part = depth === 'part' ? (options.part ?? partOfToday(new Date())) : undefined;
  return withStore(options, async (store) => {
    const { backupId } = options;
    const snapshot =
      backupId === undefined ? undefined : await resolveSnapshot(store, backupId, { allowPartial: isNamed(backupId) });
    const report = await verifyArchive(store, {
      depth,
      ...(part && { part }),
      ...(snapshot && { snapshot }),
      ...context,
    });
    const scope = {
      location: store.location,
      ...(snapshot && { backupId: snapshot.backupId }),
      depth,
      ...(part && { part }),
    };
    print({ ...scope, ...report }, () => text(scope, report));
    if (report.findings.some(({ severity }) => severity === 'error')) return EXIT_CODES.data;
    return report.interrupted ? EXIT_CODES.interrupted : EXIT_CODES.ok;
  });
}

/** Another part each day. */
export function partOfToday(now: Date): { k: number; n: number } {
  return { k: (Math.floor(now.getTime() / DAY_MS) % DAILY_PARTS) + 1, n: DAILY_PARTS };
}

type Scope = { location: string; backupId?: string; depth: string; part?: { k: number; n: number } };

function text(scope: Scope, { findings, checked, interrupted }: VerifyReport): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const head = facts([
    ['archive', scope.location],
    ['snapshot', scope.backupId ?? 'all'],
    ['depth', scope.part ? `part ${scope.part.k}/${scope.part.n}` : scope.depth],
    [
      'there',
      `${counted(checked.commits, 'commit')}, ${counted(checked.indexes, 'index object')}, ${counted(checked.packs, 'pack')}`,
    ],
    ['read', `${counted(checked.frames, 'frame')}, ${bytes(checked.bytes)}`],
    [
      'result',
      `${errors === 0 ? 'no errors' : counted(errors, 'error')}${interrupted ? '; stopped before the end' : ''}`,
    ],
  ]);
  if (findings.length === 0) return head;
  const shown = findings.slice(0, MAX_SHOWN).map(line);
  if (findings.length > MAX_SHOWN) shown.push(`… and ${count(findings.length - MAX_SHOWN)} more; --json has them all`);
  return [head, shown.join('\n')].join('\n\n');
}

function line({ severity, code, message }: Finding): string {
  return `${severity}  ${code}  ${message}`;
}
