import { expect } from 'vitest';
import { type ParseOptions, parseConfiguration } from '../../runtime/src/config/parse-configuration.ts';
import { MskBackupError } from '../../runtime/src/errors.ts';

/** The lines of the one error. */
export function problems(text: string, options: Partial<ParseOptions> = {}): string[] {
  try {
    parseConfiguration(text, { file: 'orders.yaml', env: {}, now: new Date(0), ...options });
  } catch (error) {
    expect(error).toBeInstanceOf(MskBackupError);
    expect(error).toMatchObject({ kind: 'configuration', code: 'CONFIG_INVALID' });
    return (error as Error).message.split('\n');
  }
  return [];
}
