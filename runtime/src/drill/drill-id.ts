import { createHash, randomBytes } from 'node:crypto';

/** Names of topics end here. */
const MOST_CHARACTERS = 249;
const HASH_DIGITS = 12;

/** Of a drill that starts now: when, to the second, and what tells two of the same second apart. */
export function newDrillId(now: Date): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${randomBytes(2).toString('hex')}`;
}

/** When the drill of an id was started; undefined for what is no id. */
export function startOfDrill(id: string): Date | undefined {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[0-9a-f]{4}$/.exec(id) ?? [];
  if (parts.length === 0) return undefined;
  const [year, month, day, hour, minute, second] = parts;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** What a drill calls its copy of a topic or group. Names that get too long end in a hash of the whole. */
export function drillName(prefix: string, id: string, name: string): string {
  const whole = `${prefix}${id}-${name}`;
  if (whole.length <= MOST_CHARACTERS) return whole;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_DIGITS);
  return `${whole.slice(0, MOST_CHARACTERS - HASH_DIGITS - 1)}-${hash}`;
}

/** The id in the name of a drill's topic; undefined for any other topic. */
export function drillOf(prefix: string, topic: string): string | undefined {
  if (!topic.startsWith(prefix)) return undefined;
  const id = topic.slice(prefix.length, prefix.length + '20261124T110501Z-0000'.length);
  return startOfDrill(id) !== undefined && topic[prefix.length + id.length] === '-' ? id : undefined;
}
