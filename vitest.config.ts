import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Examples are tried with the components as they stand, not as they were built last.
  resolve: { alias: { 'msk-backup': new URL('./components/index.ts', import.meta.url).pathname } },
  test: {
    include: ['test/**/*.test.ts'],
    // `npm run test:deploy`: it needs Go.
    exclude: ['test/deploy/**'],
    // Much of a test with real brokers is waiting for them: three files at a time keep two cores busy. A process each, so
    // that native code and signal handlers do not meet.
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // Real brokers on a busy machine: what passes the second time is told as such and belongs looked into.
    retry: 1,
    // Fetches and compiles what the tests' servers need, so that no test pays for a download.
    globalSetup: './test/support/prepare.ts',
  },
});
