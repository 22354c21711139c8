/** Reads a Dockerfile, as far as ours uses the language: no variables but in RUN, no heredocs. */

export type Instruction =
  | { name: 'COPY'; from: string | undefined; sources: string[]; target: string }
  | { name: 'RUN'; script: string }
  | { name: 'WORKDIR' | 'USER' | 'ARG'; value: string }
  | { name: 'ENV' | 'LABEL'; pairs: Record<string, string> }
  | { name: 'ENTRYPOINT' | 'CMD' | 'HEALTHCHECK'; words: string[]; options: string[] };

export interface Stage {
  name: string;
  /** An image of a registry, or another stage. */
  base: string;
  platform: string | undefined;
  instructions: Instruction[];
}

export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: Stage[] = [];
  for (const line of lines) {
    const [, name, rest] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) throw new Error(`not an instruction: ${line}`);
    if (name === 'FROM') {
      const match = /^(?:--platform=(\S+) )?(\S+) AS (\S+)$/.exec(rest);
      if (match === null) throw new Error(`not understood: ${line}`);
      stages.push({ name: match[3]!, base: match[2]!, platform: match[1], instructions: [] });
    } else stages.at(-1)!.instructions.push(instruction(name, rest));
  }
  return stages;
}

function instruction(name: string, rest: string): Instruction {
  switch (name) {
    case 'COPY': {
      const words = rest.split(' ');
      const from = words[0]!.startsWith('--from=') ? words.shift()!.slice('--from='.length) : undefined;
      if (words.some((word) => word.startsWith('--'))) throw new Error(`COPY: an option that is not known: ${rest}`);
      return { name, from, sources: words.slice(0, -1), target: words.at(-1)! };
    }
    case 'RUN':
      return { name, script: rest };
    case 'WORKDIR':
    case 'USER':
    case 'ARG':
      return { name, value: rest };
    case 'ENV':
    case 'LABEL': {
      const pairs = [...rest.matchAll(/(\S+?)=(?:"([^"]*)"|(\S+))/g)];
      return { name, pairs: Object.fromEntries(pairs.map(([, key, quoted, plain]) => [key!, quoted ?? plain!])) };
    }
    case 'ENTRYPOINT':
    case 'CMD':
    case 'HEALTHCHECK': {
      const json = rest.slice(rest.indexOf('['));
      if (!rest.includes('[')) throw new Error(`${name} needs a shell: ${rest}`);
      return { name, words: JSON.parse(json) as string[], options: rest.slice(0, rest.indexOf('[')).split(' ') };
    }
    default:
      throw new Error(`${name} is not known`);
  }
}
