import { defineConfig } from 'vitest/config';

// What stands in for a module of its own must not be met by other files.
const APART = ['test/data/store/race.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two cores is what the suite is sized for; the command line tests start processes of their own.
    maxWorkers: 2,
    projects: [
      // Files share what they load: loading it anew for each takes a quarter of the time.
      { extends: true, test: { name: 'suite', include: ['test/**/*.test.ts'], exclude: APART, isolate: false } },
      { extends: true, test: { name: 'apart', include: APART } },
    ],
  },
});
