import type { BackupJob } from '../config/job.ts';
import { isLiteral, matchesSelection } from '../config/topic-patterns.ts';
import { MskBackupError } from '../errors.ts';

/** A topic as far as choosing needs it. */
export interface Candidate {
  name: string;
  internal: boolean;
}

/**
 * The topics of the cluster that the job asks for, in the order of their names.
 * @returns `remarks`: patterns that match nothing, and missing topics where the job only wants a warning
 * @throws MskBackupError `TOPIC_MISSING` naming every literal topic that does not exist; `TOPIC_INTERNAL` naming every
 * literal topic that is Kafka's own and not asked for as such; `NO_TOPICS` when nothing is left
 */
export function selectTopics<T extends Candidate>(candidates: T[], job: BackupJob): { topics: T[]; remarks: string[] } {
  const visible = candidates.filter(
    ({ name, internal }) =>
      !internal ||
      (job.includeInternalTopics &&
        (job.internalTopics.length === 0 || matchesSelection(name, { include: job.internalTopics, exclude: [] }))),
  );
  const names = new Set(candidates.map(({ name }) => name));
  const missing = job.topics.include.filter((pattern) => isLiteral(pattern) && !names.has(pattern));
  if (missing.length > 0 && job.onMissingTopic === 'fail') {
    throw new MskBackupError(
      'configuration',
      'TOPIC_MISSING',
      `source.topics.include: the cluster has no topic ${missing.join(', ')}; nothing was copied ` +
        '(create it, correct the name, or set backup.on_missing_topic: warn)',
    );
  }
  const shown = new Set(visible.map(({ name }) => name));
  const hidden = job.topics.include.filter(
    (name) => names.has(name) && !shown.has(name) && matchesSelection(name, job.topics),
  );
  if (hidden.length > 0) {
    throw new MskBackupError(
      'configuration',
      'TOPIC_INTERNAL',
      `source.topics.include: ${hidden.join(', ')} ${hidden.length === 1 ? 'is a topic' : 'are topics'} of Kafka itself; ` +
        'nothing was copied (set backup.include_internal_topics: true and leave out or widen backup.internal_topics, or take ' +
        `${hidden.length === 1 ? 'it' : 'them'} out of the list)`,
    );
  }
  const topics = visible
    .filter(({ name }) => matchesSelection(name, job.topics))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (topics.length === 0) {
    throw new MskBackupError(
      'configuration',
      'NO_TOPICS',
      `source.topics: none of the cluster's ${visible.length} topics matches include [${job.topics.include.join(', ')}]` +
        (job.topics.exclude.length > 0 ? ` without [${job.topics.exclude.join(', ')}]` : ''),
    );
  }
  const matchesNothing = job.topics.include.filter(
    (pattern) =>
      !isLiteral(pattern) && !visible.some(({ name }) => matchesSelection(name, { include: [pattern], exclude: [] })),
  );
  return {
    topics,
    remarks: [
      ...missing.map((name) => `topic ${name} does not exist: left out (backup.on_missing_topic: warn)`),
      ...matchesNothing.map((pattern) => `source.topics.include: ${pattern} matches no topic`),
    ],
  };
}
