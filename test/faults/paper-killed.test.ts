import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom, type Random } from '../../src/core/random.ts';
import { crashPoints } from '../../src/live/live-session.ts';
import { count, size } from '../support/counts.ts';
import { type PaperEnd, startPaper } from './paper-child.ts';
import { expectPart, expectReplayed, expectWhole, type Reference, readSession, referenceOf } from './paper-reference.ts';
import { clockOf, type PaperRun, runPaper } from './paper-run.ts';
import { AFTER, absent, BAR, createScenes, type Scenes } from './paper-scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Ends a process at a moment of chance: any time after its start, any time between its ticks, or at a named place. */
async function killed(run: PaperRun, way: number, random: Random): Promise<PaperEnd> {
  const crash = { point: crashPoints[random.below(crashPoints.length)]!, at: clockOf(run) + random.below(20) * BAR };
  const { child, ticking, ended } = startPaper(way === 2 ? { ...run, crash } : run);
  if (way === 0) await sleep(random.uniform() * 2000);
  if (way === 1) {
    await ticking;
    await sleep(random.uniform() * 150);
  }
  if (way < 2) child.kill('SIGKILL');
  return ended;
}

describe.skipIf(absent)('a session whose process is killed (skipped where ../shared/data is absent)', () => {
  let scenes: Scenes;
  let end: number;
  beforeAll(async () => {
    scenes = await createScenes(folder, size(40, 300));
    end = scenes.closes.at(-1)! + AFTER;
  });

  test('A1: goes on as if it had lived, whenever it was killed and however often, with the digest of one that never was', async () => {
    const kills = count(2, 200);
    const lanes = size(1, 2);
    /** Kills a session until it has come to its end, and begins another, until it was killed so many times. */
    const lane = async (reference: Reference, name: string, most: number) => {
      const random = createRandom(name.length);
      let parts = 0;
      for (let done = 0, session = 0; done < most; session++) {
        const run = { ...reference.scene, workspace: join(folder, `${name}-${session}`), end };
        let last = 0;
        while (done < most && last < reference.digests.length - 1) {
          const when = `${name}, kill ${done}`;
          const { code, signal, stderr } = await killed(run, (done + 1) % 3, random);
          expect(stderr, when).toBe('');
          const decided = expectPart(reference, run.workspace, when);
          expect(decided, when).toBeGreaterThanOrEqual(last);
          if (decided > last && signal === 'SIGKILL') parts++;
          last = decided;
          if (signal === 'SIGKILL') done++;
          else {
            expect(code, when).toBe(130);
            break;
          }
        }
        expect(await runPaper(run)).toMatchObject({ code: 130, stderr: '' });
        await expectWhole(reference, run.workspace, name);
      }
      // Killed at work, and not only before it began.
      expect(parts).toBeGreaterThan(most / 4);
    };
    const names = (['rules', 'ridge'] as const).slice(0, lanes);
    await Promise.all(
      names.map(async (name) => {
        const reference = await referenceOf(scenes[name], join(folder, `${name}-reference`), end);
        await lane(reference, name, kills / lanes);
      }),
    );
  });

  test('A1: says which closes it has missed where the clock went on, trades none of them, and replays as it was', async () => {
    const kills = count(1, 20);
    const random = createRandom(11);
    const run = { ...scenes.rules, workspace: join(folder, 'missed'), end };
    const missed = new Set<number>();
    let decided = 0;
    for (let kill = 0, down = 0; kill <= kills; kill++) {
      const now = clockOf(run) + down;
      for (const close of scenes.closes.slice(decided)) if (close <= now && now - close > 300_000) missed.add(close);
      const crash = { point: crashPoints[random.below(crashPoints.length)]!, at: now + (1 + random.below(8)) * BAR };
      const ended = kill < kills ? await startPaper({ ...run, down, crash }).ended : await runPaper({ ...run, down });
      expect(ended.stderr).toBe('');
      decided = readSession(run.workspace)?.trace.closeTime.length ?? 0;
      down = random.below(5 * BAR);
    }
    const session = readSession(run.workspace)!;
    expect([...session.trace.closeTime]).toEqual(scenes.closes);
    const late = session.observations.flatMap((one) => (one.kind === 'late' ? [one.slice] : []));
    expect(late).toEqual([...missed].sort((a, b) => a - b));
    expect(late.length).toBeGreaterThan(0);
    const orders = session.trace.events.flatMap((event) => (event.kind === 'order' && missed.has(event.time) ? [event.order.side] : []));
    expect(orders).not.toContain('buy');
    await expectReplayed(scenes.rules, run.workspace, 'missed');
  });
});
