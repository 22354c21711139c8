import { defineConfig } from 'vitest/config';

/** Apart from the other tests: it needs Pulumi's engine, which Go builds in minutes. */
export default defineConfig({
  test: {
    include: ['test/deploy/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 180_000,
  },
});
