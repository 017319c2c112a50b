import { defineConfig } from 'vitest/config';

/** Tests of the report's page in a real browser: `npm run test:browser`. */
export default defineConfig({
  test: {
    include: ['src/**/*.browser-test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
  },
});
