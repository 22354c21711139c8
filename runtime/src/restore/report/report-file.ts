import { constants } from 'node:fs';
import { access, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MskBackupError } from '../../errors.ts';
import type { RestoreReport } from './report.ts';

/** Before anything is written: whether the report will have a place. @throws MskBackupError `REPORT_FILE` */
export async function checkReportFile(file: string | undefined): Promise<void> {
  if (file === undefined) return;
  await access(dirname(file), constants.W_OK).catch((cause: Error) => {
    throw refused(file, cause, 'nothing was restored');
  });
}

/**
 * Writes the report as one JSON object, over an older one.
 * @param state of the restore, for the error
 * @throws MskBackupError `REPORT_FILE`
 */
export async function writeReportFile(file: string | undefined, report: RestoreReport, state: string): Promise<void> {
  if (file === undefined) return;
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`).catch((cause: Error) => {
    throw refused(file, cause, state);
  });
}

function refused(file: string, cause: Error, state: string): MskBackupError {
  return new MskBackupError(
    'configuration',
    'REPORT_FILE',
    `restore.report_file: ${file} cannot be written (${cause.message}); ${state}`,
    { cause },
  );
}
