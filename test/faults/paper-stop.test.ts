import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { count, size } from '../support/counts.ts';
import { type PaperChild, type PaperEnd, startPaper } from './paper-child.ts';
import { expectPart, expectWhole, readSession, referenceOf } from './paper-reference.ts';
import { type PaperRun, runPaper } from './paper-run.ts';
import { AFTER, absent, createScenes, type Scenes } from './paper-scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-stop-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a process that listens to signals does with one; how long it takes, ms. */
async function stopped({ child, ended }: PaperChild, signal: 'SIGTERM' | 'SIGINT'): Promise<PaperEnd & { readonly ms: number }> {
  const asked = performance.now();
  child.kill(signal);
  return { ...(await ended), ms: performance.now() - asked };
}

/** The bound holds on a machine that does nothing else: in the suite it would tell of the others. */
const SOON = size(30_000, 5000);
/** ... and in the full run, of those beside it, whom loading the program tells about as well: it takes less than a second where nobody else is at work. */
const bound = (loadingMs: number) => Math.max(SOON, 6 * loadingMs);

describe.skipIf(absent)('a session that is asked to stop (skipped where ../shared/data is absent)', () => {
  let scenes: Scenes;
  let end: number;
  beforeAll(async () => {
    scenes = await createScenes(folder, size(40, 300));
    end = scenes.closes.at(-1)! + AFTER;
  });

  test('A10: ends within 5 s with exit code 130 at any moment, leaves whole ticks, and goes on to the digest of one that ran through', async () => {
    const stops = count(2, 50);
    const random = createRandom(10);
    const reference = await referenceOf(scenes.rules, join(folder, 'reference'), end);
    // The first process compiles what the others load.
    const first = startPaper({ ...scenes.rules, workspace: join(folder, 'first-process'), end });
    await first.ticking;
    await stopped(first, 'SIGTERM');
    for (let done = 0, session = 0; done < stops; session++) {
      const run: PaperRun = { ...scenes.rules, workspace: join(folder, `session-${session}`), end };
      let last = -1;
      while (done < stops && last < scenes.closes.length) {
        const signal = done % 2 === 0 ? 'SIGTERM' : 'SIGINT';
        const started = performance.now();
        const child = startPaper(run);
        await child.ready;
        const loading = performance.now() - started;
        // From its first steps to somewhere in its ticks.
        if (done % 3 !== 0) await child.ticking;
        await sleep(random.uniform() * 150);
        const { code, stderr, ms } = await stopped(child, signal);
        const when = `${signal}, stop ${done}`;
        expect(code, when).toBe(130);
        expect(stderr, when).toMatch(/^(Interrupted; nothing half-written is left\.\n)?$/);
        // Whoever is stopped while it still loads its modules, from the source here, loads them first.
        if (done % 3 !== 0) expect(ms, when).toBeLessThan(bound(loading));
        last = expectPart(reference, run.workspace, when);
        done++;
      }
      expect(await runPaper(run)).toMatchObject({ code: 130, stderr: '' });
      await expectWhole(reference, run.workspace, `session ${session}`);
    }
  });

  test('A10: ends within 5 s while its first network trains, before anything was decided', async () => {
    const stops = count(1, 10);
    const random = createRandom(11);
    const scene = scenes.long('first', 150);
    for (let done = 0; done < stops; done++) {
      const run: PaperRun = { ...scene, workspace: join(folder, `first-${done}`), end };
      const started = performance.now();
      const child = startPaper(run);
      await child.ready;
      const loading = performance.now() - started;
      while (!readSession(run.workspace)) await sleep(50);
      await sleep(random.uniform() * size(300, 3000));
      const { code, ticks, ms } = await stopped(child, done % 2 === 0 ? 'SIGTERM' : 'SIGINT');
      expect({ code, ticks }).toEqual({ code: 130, ticks: [] });
      expect(ms).toBeLessThan(bound(loading));
      expect(readSession(run.workspace)).toMatchObject({ broken: [], state: undefined });
    }
  });

  test('A10: ends within 5 s while a network trains beside its ticks, which are whole', async () => {
    const stops = count(1, 10);
    // The first fit has enough samples only once the session runs.
    const scene = scenes.long('beside', 210);
    for (let done = 0; done < stops; done++) {
      const run: PaperRun = { ...scene, workspace: join(folder, `beside-${done}`), end };
      const started = performance.now();
      const child = startPaper(run);
      await child.ready;
      const loading = performance.now() - started;
      await child.ticking;
      const missing = () => readSession(run.workspace)?.observations.some(({ kind }) => kind === 'fitMissing');
      while (!missing()) await sleep(20);
      const { code, ms } = await stopped(child, done % 2 === 0 ? 'SIGTERM' : 'SIGINT');
      expect(code).toBe(130);
      expect(ms).toBeLessThan(bound(loading));
      const { broken, trace } = readSession(run.workspace)!;
      expect(broken).toEqual([]);
      expect(trace.closeTime.length).toBeGreaterThan(1);
    }
  });
});
