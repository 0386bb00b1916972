import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { count, size } from '../support/counts.ts';
import { startPaper } from './paper-child.ts';
import { expectPart, expectWhole, type Reference, referenceOf } from './paper-reference.ts';
import { type PaperRun, runPaper } from './paper-run.ts';
import { AFTER, absent, createScenes, type Scenes } from './paper-scene.ts';
import { DISK_BYTES, mountSmallDisk } from './small-disk.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-paper-disk-'));
const { disk, mounted, resize, unmount } = mountSmallDisk(folder);

const bars = size(50, 300);
let scenes: Scenes;
let end: number;
let reference: Reference;
beforeAll(async () => {
  if (absent) return;
  scenes = await createScenes(folder, bars);
  end = scenes.closes.at(-1)! + AFTER;
  reference = await referenceOf(scenes.ridge, join(folder, 'reference'), end);
});
afterAll(() => {
  unmount('--lazy');
  rmSync(folder, { recursive: true });
});

/** An error that names what the system said and what to do. */
const full = { code: 4, stderr: expect.stringMatching(/^(paper: )?ENOSPC: [^\n]+; check the path, the rights and the space on disk\n$/) };

/** A workspace elsewhere: a file that was read once is kept open for a while, and would fill the disk although it is gone. */
function copied(run: PaperRun): PaperRun {
  const workspace = join(folder, `copy-${basename(run.workspace)}`);
  rmSync(workspace, { recursive: true, force: true });
  cpSync(run.workspace, workspace, { recursive: true });
  return { ...run, workspace };
}

describe.skipIf(!mounted || absent)(
  'a session on a disk that is full (skipped where ../shared/data is absent, or no disk of 2 MB can be mounted, which takes root)',
  () => {
    const run = (name: string): PaperRun => ({ ...scenes.ridge, workspace: join(disk, name), clock: join(folder, `${name}.clock`), end });
    const filler = join(disk, 'filler');

    test('A6: ends with exit code 4 after a whole tick; with room it goes on, with the digest of one that always had it', async () => {
      const cases = count(1, 20);
      const most = 600_000;
      let parts = 0;
      for (let k = 0; k < cases; k++) {
        const session = run(`room-${k}`);
        mkdirSync(session.workspace);
        const { bavail, bsize } = statfsSync(disk);
        writeFileSync(filler, new Uint8Array((bavail - Math.floor((most * (k + 0.5)) / cases / bsize)) * bsize));
        expect(await startPaper(session).ended, `case ${k}`).toMatchObject(full);
        const decided = expectPart(reference, copied(session).workspace, `case ${k}`);
        expect(decided, `case ${k}`).toBeLessThan(bars);
        if (decided > 0) parts++;
        resize(16 * DISK_BYTES);
        expect(await startPaper(session).ended).toMatchObject({ code: 130, stderr: '' });
        await expectWhole(reference, copied(session).workspace, `case ${k}`);
        for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
        resize(DISK_BYTES);
      }
      // Room for some ticks, and not only for the beginning of a session.
      expect(parts).toBeGreaterThan(0);
    });
  },
);

const inSuite = mounted && size(1, 2) === 1;
describe.skipIf(absent || inSuite)(
  'a limit on files (skipped where ../shared/data is absent, and in the suite where a disk can be mounted)',
  () => {
    test('A6: ends a session with exit code 4 after a whole tick; without it the session goes on to the same digest', async () => {
      const run = { ...scenes.ridge, workspace: join(folder, 'limited'), end };
      const { code, stderr } = await startPaper(run, { longestFile: 300 }).ended;
      expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringMatching(/^(paper: )?E[A-Z]+: [^\n]+; check the path[^\n]+\n$/) });
      const decided = expectPart(reference, run.workspace, 'limited');
      expect(decided).toBeGreaterThan(0);
      expect(decided).toBeLessThan(bars);
      expect(await runPaper(run)).toMatchObject({ code: 130, stderr: '' });
      await expectWhole(reference, run.workspace, 'without a limit');
    });
  },
);
