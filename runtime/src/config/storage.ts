import { resolve, sep } from 'node:path';
import { type Findings, type Path, pathText } from './findings.ts';
import type { StorageLocation } from './job.ts';
import { COLD_STORAGE_CLASSES, type StorageSection } from './schema/storage.ts';

type At = (key: keyof StorageSection) => Path;

/** @param path of the section */
export function toStorage(
  section: StorageSection | undefined,
  findings: Findings,
  path: Path = ['storage'],
): StorageLocation {
  const at: At = (key) => [...path, key];
  if (section === undefined) {
    findings.required(path, 'is missing: where the archive is, such as backend: s3 and a bucket');
  } else if (section.backend === undefined) findings.required(at('backend'), 'is missing: s3 or filesystem');
  return section?.backend === 'filesystem' ? toDirectory(section, findings, at) : toBucket(section ?? {}, findings, at);
}

/** Whether a place is an archive's own, or below it. An archive at the root of a bucket has the whole bucket around it. */
export function liesIn(place: StorageLocation, archive: StorageLocation): boolean {
  if (place.backend === 'filesystem' && archive.backend === 'filesystem') {
    const [inner, outer] = [place, archive].map(({ path, prefix }) => resolve(path, prefix) + sep);
    return inner!.startsWith(outer!);
  }
  if (place.backend !== 's3' || archive.backend !== 's3') return false;
  if (place.bucket !== archive.bucket || place.endpoint !== archive.endpoint) return false;
  return place.prefix === archive.prefix || (archive.prefix !== '' && place.prefix.startsWith(`${archive.prefix}/`));
}

function toDirectory(section: StorageSection, findings: Findings, at: At): StorageLocation {
  if (section.path === undefined) findings.required(at('path'), 'is missing: the directory of the archive');
  for (const key of Object.keys(section) as (keyof StorageSection)[]) {
    if (section[key] !== undefined && !['backend', 'path', 'prefix'].includes(key)) {
      findings.remark(at(key), 'not used with backend: filesystem');
    }
  }
  return { backend: 'filesystem', path: section.path ?? '', prefix: trimmed(section.prefix) };
}

function toBucket(section: StorageSection, findings: Findings, at: At): StorageLocation {
  const name = (key: keyof StorageSection) => pathText(at(key));
  if (section.backend === 's3' && section.bucket === undefined) findings.required(at('bucket'), 'is missing');
  if (section.backend === 's3' && section.path !== undefined) {
    findings.problem(at('path'), `does not go with backend: s3; did you mean ${name('prefix')}?`);
  }
  const accessKeyId = either(section, 'access_key', 'access_key_id', findings, at)?.reveal();
  const secretAccessKey = either(section, 'secret_key', 'secret_access_key', findings, at);
  if (accessKeyId !== undefined && secretAccessKey === undefined) {
    findings.required(at('secret_key'), `is missing: ${name('access_key')} needs it`);
  }
  if (secretAccessKey !== undefined && accessKeyId === undefined) {
    findings.required(at('access_key'), `is missing: ${name('secret_key')} needs it`);
  }
  if (section.endpoint?.startsWith('http:') && section.allow_http !== true) {
    findings.remark(at('endpoint'), `is http: ${name('allow_http')} is taken for granted`);
  }
  if ((COLD_STORAGE_CLASSES as readonly unknown[]).includes(section.class)) {
    findings.remark(at('class'), 'packs have to be restored from this class before msk-backup can read them again');
  }
  return {
    backend: 's3',
    bucket: section.bucket ?? '',
    prefix: trimmed(section.prefix),
    region: section.region,
    endpoint: section.endpoint,
    accessKeyId,
    secretAccessKey,
    pathStyle: section.path_style ?? section.endpoint !== undefined,
    storageClass: section.class,
    kmsKeyId: either(section, 'sse_kms_key_id', 'kms_key_id', findings, at),
    maxConcurrentUploads: section.max_concurrent_uploads ?? 4,
  };
}

/** One setting that has two names. */
function either<K extends keyof StorageSection>(
  section: StorageSection,
  name: K,
  alias: K,
  findings: Findings,
  at: At,
): StorageSection[K] {
  if (section[name] !== undefined && section[alias] !== undefined) {
    findings.problem(at(alias), `is the same setting as ${pathText(at(name))}: leave one of them out`);
  }
  return section[name] ?? section[alias];
}

function trimmed(prefix: string | undefined): string {
  return (prefix ?? '').split('/').filter(Boolean).join('/');
}
