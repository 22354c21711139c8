import type { Progress } from '../observe/progress.ts';

/** Details of our own log lines that are told otherwise, or belong to the line and not to the message. */
const OWN_KEYS = new Set(['level', 'time', 'run', 'msg']);

/**
 * Shows a container's log as if its work were done here: the stages and progress that our own JSON lines tell of become
 * stages and progress, other lines become notes. Lines of other programs are shown as they are.
 */
export function mirrorLog(progress: Progress): (line: string) => void {
  let told = { bytes: 0, records: 0 };
  return (line) => {
    const entry = parse(line);
    // Metrics, which CloudWatch takes out of the log.
    if (entry !== undefined && '_aws' in entry) return;
    if (entry === undefined || typeof entry.msg !== 'string') {
      if (line.trim() !== '') progress.note('info', line.trimEnd());
      return;
    }
    const { msg, level } = entry;
    if (msg === 'stage began' && typeof entry.stage === 'string') {
      told = { bytes: 0, records: 0 };
      return progress.stage(entry.stage, totalOf(entry.total));
    }
    if ((msg === 'progress' || msg === 'stage ended') && typeof entry.stage === 'string') {
      const now = { bytes: numberOf(entry.bytes), records: numberOf(entry.records) };
      progress.advance({ bytes: now.bytes - told.bytes, records: now.records - told.records });
      told = now;
      return;
    }
    const details = Object.fromEntries(Object.entries(entry).filter(([key]) => !OWN_KEYS.has(key)));
    progress.note(level === 'warn' || level === 'error' ? 'warn' : 'info', msg, details);
  };
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function totalOf(value: unknown): { bytes?: number; records?: number } | undefined {
  return typeof value === 'object' && value !== null ? (value as { bytes?: number; records?: number }) : undefined;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
