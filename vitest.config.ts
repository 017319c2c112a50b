import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'strategies/**/*.test.ts', 'scripts/**/*.test.ts'],
    globalSetup: ['src/testing/choose-seed.ts'],
    setupFiles: ['src/testing/property-seed.ts'],
    // One core fewer than there are is vitest's own choice; on two that would leave one idle.
    maxWorkers: 2,
    testTimeout: 60_000,
    passWithNoTests: false,
  },
});
