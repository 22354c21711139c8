/** Policies for roles of one's own: `import { groupsPolicy } from 'msk-backup/policies'`. Each is a document for JSON.stringify. */
export type { ArchivePlace } from './archive-place.ts';
export { type BackupAccess, type BackupCluster, backupPolicy } from './backup.ts';
export { type ReplayAccess, replayPolicy } from './dead-letter-replay.ts';
export { type Condition, type PolicyDocument, policyDocument, type Statement } from './document.ts';
export { type DrillAccess, drillPolicy } from './drill.ts';
export { type GroupsAccess, groupsPolicy } from './groups.ts';
export { type MappingAccess, moveMappings } from './mappings.ts';
export { prunePolicy } from './prune.ts';
export {
  type ExactRestoreAccess,
  exactRestorePolicy,
  type RestoreAccess,
  type RestoreCluster,
  restorePolicy,
} from './restore.ts';
export { type RetentionAccess, retentionPolicy } from './retention.ts';
