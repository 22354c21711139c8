export { BackupAlarms, type BackupAlarmsArgs } from './backup-alarms.ts';
export { BackupArchive, type BackupArchiveArgs } from './backup-archive.ts';
export { BackupSchedule, type BackupScheduleArgs } from './backup-schedule.ts';
export { BackupTask, type BackupTaskArgs } from './backup-task.ts';
export { MskBackup, type MskBackupArgs } from './msk-backup.ts';
export { ReplicaArchive, type ReplicaArchiveArgs } from './replica-archive.ts';
export { RuntimeImage, type RuntimeImageArgs } from './runtime-image.ts';
