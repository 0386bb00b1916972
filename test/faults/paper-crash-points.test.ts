import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { crashPoints } from '../../src/live/live-session.ts';
import { count, size } from '../support/counts.ts';
import { startPaper } from './paper-child.ts';
import { expectPart, expectWhole, referenceOf } from './paper-reference.ts';
import { runPaper } from './paper-run.ts';
import { AFTER, absent, createScenes } from './paper-scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-crash-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(absent)('a session whose process dies between two writes (skipped where ../shared/data is absent)', () => {
  test('A2: goes on from every crash point as if nothing had been, with the digest of one that never died', async () => {
    const crashes = count(crashPoints.length, 20 * crashPoints.length);
    const scenes = await createScenes(folder, size(20, 300));
    const { closes } = scenes;
    const end = closes.at(-1)! + AFTER;
    const step = Math.floor((closes.length - 3) / crashes);
    const session = async (name: 'rules' | 'ridge', which: readonly number[]) => {
      const reference = await referenceOf(scenes[name], join(folder, `${name}-reference`), end);
      expect(reference.fills).toBeGreaterThan(closes.length / 20);
      const run = { ...scenes[name], workspace: join(folder, name), end };
      for (const k of which) {
        const point = crashPoints[k % crashPoints.length]!;
        const bar = 1 + k * step;
        const when = `${name}: ${point} at bar ${bar}`;
        const { signal, stderr } = await startPaper({ ...run, crash: { point, at: closes[bar]! } }).ended;
        expect({ signal, stderr }, when).toEqual({ signal: 'SIGKILL', stderr: '' });
        // What was committed is there, and nothing else.
        expect(expectPart(reference, run.workspace, when), when).toBe(bar + (['committed', 'told'].includes(point) ? 1 : 0));
      }
      const { code, stderr } = await runPaper(run);
      expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
      await expectWhole(reference, run.workspace, name);
    };
    const all = Array.from({ length: crashes }, (_, k) => k);
    // In the full run half of the bars are a rule's, and half those of a model that is fitted again; each meets every point.
    const half = Math.floor(crashes / 2);
    if (half < crashPoints.length) await session('rules', all);
    else await Promise.all([session('rules', all.slice(0, half)), session('ridge', all.slice(half))]);
  });
});
