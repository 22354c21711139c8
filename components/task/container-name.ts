/** Of the one container of a task: overrides of its command and the watching of its exit code name it. */
export const CONTAINER_NAME = 'msk-backup';
