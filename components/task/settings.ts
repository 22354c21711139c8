import { parse } from 'yaml';
import type { ArgumentProblem } from '../arguments/refuse.ts';

/** A section of a configuration, or all of it. */
export type Section = { [key: string]: unknown };

/** Keys of which an argument has charge: the role's policy follows from it, and another value in the YAML would not fit. */
const BY_ARGUMENTS: Record<string, string> = {
  mode: 'the component itself',
  'source.bootstrap_servers': 'bootstrapServers',
  'source.security': 'authentication',
  'source.topics': 'topics and excludedTopics',
  'target.bootstrap_servers': 'bootstrapServers',
  'target.security': 'authentication',
  'target.topics.include': 'topics',
  'target.topics.exclude': 'excludedTopics',
  'storage.backend': 'archive',
  'storage.bucket': 'archive.bucketName',
  'storage.prefix': 'archive.prefix',
  'storage.region': 'archive.region',
  'backup.consumer_groups': 'consumerGroups',
  'backup.source_cluster_id': 'sourceClusterId',
  'restore.consumer_groups': 'consumerGroups of MskRestore, and a drill takes all',
  'restore.offsets': 'offsets',
  'restore.fill_holes_with': 'fillHolesWith of MskRestore, and a drill takes transactions',
  'restore.state': 'archive: the journals lie beside it',
  'drill.topic_prefix': 'topicPrefix of DrDrill',
};

/** Whoever may describe the task definition reads what stands in it. */
const SECRETS = ['sasl_password', 'ssl_key_password', 'access_key', 'access_key_id', 'secret_key', 'secret_access_key'];

/** The map that `settingsYaml` holds; undefined when it is none, which `settingsProblems` tells. */
export function readSettings(text: string | undefined): Section | undefined {
  if (text === undefined || text.trim() === '') return {};
  try {
    const settings: unknown = parse(text, { logLevel: 'silent' });
    return isSection(settings) ? settings : undefined;
  } catch {
    // The runtime's own parser says what is wrong, with the line.
    return {};
  }
}

/** What may not stand in `settingsYaml`, whatever the runtime says of it. */
export function settingsProblems(text: string | undefined, propertyPath = 'settingsYaml'): ArgumentProblem[] {
  const settings = readSettings(text);
  if (settings === undefined)
    return [{ propertyPath, reason: 'must be a map of sections, such as backup and metrics' }];
  return [
    ...paths(settings).flatMap((path) => {
      const argument = BY_ARGUMENTS[path];
      return argument === undefined ? [] : [{ propertyPath, reason: `${path} is set by ${argument}: leave it out` }];
    }),
    ...paths(settings)
      .filter((path) => SECRETS.includes(path.split('.').at(-1)!))
      .map((path) => ({
        propertyPath,
        reason: `${path} is a secret, which would be readable in the task definition: name its ARN in authentication, or leave it to the role`,
      })),
  ];
}

/** Every key with those above it: `source`, `source.topics`, `source.topics.include`. Also of maps in lists. */
function paths(value: unknown, above = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => paths(item, above));
  if (!isSection(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = above === '' ? key : `${above}.${key}`;
    return [path, ...paths(inner, path)];
  });
}

/** Maps are merged; what is added comes behind what is there, in alphabetical order: the text is the same for the same settings. */
export function merged(document: Section, settings: Section): Section {
  const result: Section = { ...document };
  for (const key of Object.keys(settings).sort()) {
    const [before, added] = [document[key], settings[key]];
    result[key] = isSection(added) ? merged(isSection(before) ? before : {}, added) : added;
  }
  return result;
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
