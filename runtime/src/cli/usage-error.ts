import type { Command, CommanderError } from 'commander';
import { distance } from 'fastest-levenshtein';
import { MskBackupError } from '../errors.ts';

/** commander's complaint as one line, with the nearest command or option and where to read more. */
export function usageError(error: CommanderError, program: Command, argv: string[]): MskBackupError {
  const path = commandPath(program, argv);
  const command = path.at(-1) ?? program;
  const message = messageOf(error, command, argv);
  const word = /^unknown (?:command|option) '([^']*)'/.exec(message)?.[1];
  const nearest = word === undefined ? undefined : nearestOf(word, candidates(word, program, path));
  const help = ['msk-backup', ...path.map((each) => each.name()), '--help'].join(' ');
  // What belongs to an inner command that was not named is known, and yet not here.
  const hint = nearest === undefined || nearest === word ? `see ${help}` : `did you mean ${nearest}?`;
  return new MskBackupError('usage', 'USAGE', `${message}; ${hint}`);
}

/** The commands that the words name, from the outer one inwards. */
function commandPath(program: Command, argv: string[]): Command[] {
  const path: Command[] = [];
  for (const word of argv) {
    const inner: Command | undefined = (path.at(-1) ?? program).commands.find((each) => each.name() === word);
    if (inner !== undefined) path.push(inner);
  }
  return path;
}

function messageOf(error: CommanderError, command: Command, argv: string[]): string {
  // Where an inner command may be left out, commander takes a mistyped one for its argument.
  if (error.code === 'commander.excessArguments' && command.commands.length > 0) {
    const word = argv.slice(argv.indexOf(command.name()) + 1).find((each) => !each.startsWith('-'));
    return `unknown command '${word}'`;
  }
  return error.message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .replace(/\.$/, '')
    .trim();
}

function candidates(word: string, program: Command, path: Command[]): string[] {
  const command = path.at(-1) ?? program;
  if (!word.startsWith('-')) return command.commands.map((candidate) => candidate.name());
  // An option of an inner command that may be left out is one of the outer's, to the user.
  const options = [program, ...path, ...(path.length > 0 ? command.commands : [])].flatMap((each) => each.options);
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
