import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'strategies/**/*.test.ts', 'scripts/**/*.test.ts'],
    globalSetup: ['src/testing/choose-seed.ts'],
    setupFiles: ['src/testing/property-seed.ts'],
    testTimeout: 60_000,
    passWithNoTests: false,
  },
});
