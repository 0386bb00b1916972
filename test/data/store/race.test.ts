import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { sliceBars } from '../../../src/core/bars.ts';
import { openBarStore } from '../../../src/data/store.ts';
import { HOUR, hourlyBars } from '../market.ts';

/** What another process does at the moment a version has just appeared under its name, or is about to. */
let others: { before?: () => Promise<void>; after?: () => Promise<void> } = {};
const once = async (when: 'before' | 'after') => {
  const act = others[when];
  delete others[when];
  await act?.();
};
vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof import('node:fs/promises')>();
  return {
    ...actual,
    rename: async (from: string, to: string) => {
      await once('before');
      await actual.rename(from, to);
      await once('after');
    },
  };
});

const all = { ...hourlyBars(100), market: 'm' };
let workspace = '';
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'paperwalk-race-'));
  others = {};
});
afterEach(() => rmSync(workspace, { recursive: true }));
const write = (from: number, to: number) => openBarStore(workspace).write(sliceBars(all, from, to), { seen: 1 });
const stored = () => openBarStore(workspace).read('m', HOUR);

it('a version on which another writer has gone on before its own writer could look stays', async () => {
  await write(0, 40);
  others.after = async () => {
    await write(60, 80);
  };
  expect(await write(40, 60)).toEqual({ bars: 60, added: 20, replaced: 0 });
  expect(await stored()).toEqual(sliceBars(all, 0, 80));
  await write(80, 100);
  expect(await stored()).toEqual(all);
});

it('a version that others have made, superseded and removed is made anew on top of theirs', async () => {
  await write(0, 40);
  others.before = async () => {
    // Each takes in all before it, so that nothing of the version in between is left.
    await write(60, 80);
    await write(80, 100);
    await write(20, 50);
  };
  expect(await write(40, 60)).toEqual({ bars: 100, added: 10, replaced: 0 });
  expect(await stored()).toEqual(all);
});

it('a write that succeeded says so though its version is superseded and gone', async () => {
  await write(0, 1);
  others.after = async () => {
    await write(2, 50);
    await write(50, 100);
  };
  expect(await write(1, 2)).toMatchObject({ added: 1 });
  expect(await stored()).toEqual(all);
});
