import { TestRunner } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Cases that the test runs, see `count`. */
    cases?: number;
  }
}

/** A size that is small in the suite and full where `PAPERWALK_FAULTS=full` asks for it (`npm run faults`). */
export function size(small: number, full: number): number {
  return process.env.PAPERWALK_FAULTS === 'full' ? full : small;
}

/**
 * How many cases a test runs: a small number in the suite, the full one under `npm run faults`, which adds up what its tests asked for. So a test
 * asks once for each loop and runs all of it, or fails; a number that is no count of cases is a `size`.
 */
export function count(small: number, full: number): number {
  const cases = size(small, full);
  const meta = TestRunner.getCurrentTest()?.meta;
  if (meta) meta.cases = (meta.cases ?? 0) + cases;
  return cases;
}
