import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'strategies/**/*.test.ts', 'scripts/**/*.test.ts'],
    globalSetup: ['src/testing/choose-seed.ts'],
    setupFiles: ['src/testing/property-seed.ts'],
    // One core fewer than there are is vitest's own choice; on two that would leave one idle.
    maxWorkers: 2,
    // No test changes what another file's modules hold: loading and optimising them anew for each file took a fifth of the time.
    isolate: false,
    testTimeout: 60_000,
    passWithNoTests: false,
  },
});
