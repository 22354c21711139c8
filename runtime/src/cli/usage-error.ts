import type { Command, CommanderError } from 'commander';
import { distance } from 'fastest-levenshtein';
import { MskBackupError } from '../errors.ts';

/** commander's complaint as one line, with the nearest command or option and where to read more. */
export function usageError(error: CommanderError, program: Command, argv: string[]): MskBackupError {
  const message = error.message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .replace(/\.$/, '')
    .trim();
  const command = program.commands.find((candidate) => argv.includes(candidate.name()));
  const word = /^unknown (?:command|option) '([^']*)'/.exec(message)?.[1];
  const nearest = word === undefined ? undefined : nearestOf(word, candidates(word, program, command));
  const help = ['msk-backup', ...(command ? [command.name()] : []), '--help'].join(' ');
  const hint = nearest === undefined ? `see ${help}` : `did you mean ${nearest}?`;
  return new MskBackupError('usage', 'USAGE', `${message}; ${hint}`);
}

function candidates(word: string, program: Command, command: Command | undefined): string[] {
  if (!word.startsWith('-')) return program.commands.map((candidate) => candidate.name());
  const options = [...program.options, ...(command?.options ?? [])];
  return ['--help', ...options.flatMap(({ long }) => (long ? [long] : []))];
}

/** What the word begins, else what differs from it in few letters. */
function nearestOf(word: string, known: string[]): string | undefined {
  const begun = known.filter((candidate) => word.replaceAll('-', '') !== '' && candidate.startsWith(word));
  if (begun.length === 1) return begun[0];
  const [best] = known
    .map((candidate) => ({ candidate, letters: distance(word, candidate) }))
    .sort((a, b) => a.letters - b.letters);
  return best && best.letters <= Math.max(2, word.length / 3) ? best.candidate : undefined;
}
