import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, describe, expect, it, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import { createRandom } from '../../src/core/random.ts';
import { connect, pragma } from '../../src/live/ledger/connection.ts';
import type { Migration } from '../../src/live/ledger/schema.ts';
import { createLedger, openLedger } from '../../src/live/ledger.ts';
import { SessionError } from '../../src/live/session-error.ts';
import { START } from '../data/market.ts';
import { count } from '../support/counts.ts';
import { genesis, history, sessionOf, tickOf } from './ledger-content.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-ledger-faults-'));
const disk = join(folder, 'disk');
const mounted = (() => {
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
afterAll(() => {
  // A closed file stays open until its statements are collected.
  if (mounted) execFileSync('umount', ['--lazy', disk]);
  rmSync(folder, { recursive: true });
});
const ticks = Array.from({ length: 12 }, (_, k) => tickOf(k));
/** Written by schema 1: these ticks, the first message told, and a request. */
const FIXTURE = 'test/live/ledgers/schema-1.sqlite';

describe('a log that was cut', () => {
  test('A4: loses the last tick at most, which done again gives the same seal and tells nothing twice', () => {
    const path = join(folder, 'torn.sqlite');
    const writer = createLedger(path, genesis, history);
    for (const tick of ticks.slice(0, 4)) writer.commit(tick);
    writer.pending(['log']);
    for (const k of [0, 1, 2]) writer.tell(`order:${k}`, 'log', START);
    const before = writer.lastSeal();
    writer.commit(ticks[4]!);
    const seal = writer.lastSeal();
    // As the disk has it while the session runs.
    const [file, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
    writer.close();
    const cases = count(40, 2000);
    let lost = 0;
    for (let k = 0; k < cases; k++) {
      const cut = Math.round((2000 * k) / (cases - 1));
      const torn = join(folder, `torn-${k}.sqlite`);
      writeFileSync(torn, file);
      writeFileSync(`${torn}-wal`, log);
      truncateSync(`${torn}-wal`, log.length - cut);
      const ledger = openLedger(torn, 'write');
      if (ledger.lastSeal() !== seal) {
        lost++;
        expect(ledger.lastSeal()).toBe(before);
        expect(isDeepStrictEqual(ledger.read(), sessionOf(ticks.slice(0, 4))), `cut by ${cut}`).toBe(true);
        ledger.commit(ticks[4]!);
      }
      expect(ledger.lastSeal(), `cut by ${cut}`).toBe(seal);
      expect(isDeepStrictEqual(ledger.read(), sessionOf(ticks.slice(0, 5))), `cut by ${cut}`).toBe(true);
      expect(ledger.pending(['log']).map(({ message }) => message.id)).toEqual(['order:3', 'order:4']);
      ledger.close();
      for (const rest of ['', '-wal', '-shm']) rmSync(torn + rest, { force: true });
    }
    expect(lost).toBe(cases - 1);
  });
});

describe('a flipped bit in a ledger', () => {
  test('A5: is refused with the name of its file, and nothing changed is ever read, wherever it lies', () => {
    const content = readFileSync(FIXTURE);
    const questions = (path: string) => {
      const ledger = openLedger(path, 'write');
      try {
        return [ledger.read(), ledger.requests(), ledger.pending(['log'])];
      } finally {
        ledger.close();
      }
    };
    const sound = join(folder, 'sound.sqlite');
    writeFileSync(sound, content);
    const before = questions(sound);
    const random = createRandom(5);
    let refused = 0;
    const cases = count(25, 500);
    for (let flip = 0; flip < cases; flip++) {
      const place = random.below(content.length);
      const damaged = Buffer.from(content);
      damaged[place] = damaged[place]! ^ (1 << random.below(8));
      const path = join(folder, `flipped-${flip}.sqlite`);
      writeFileSync(path, damaged);
      try {
        expect(isDeepStrictEqual(questions(path), before), `changed at ${place}`).toBe(true);
      } catch (error) {
        if (!(error instanceof SessionError)) throw error;
        expect(error.message).toContain(path);
        refused++;
      }
      for (const rest of ['', '-wal', '-shm']) rmSync(path + rest, { force: true });
    }
    expect(refused).toBeGreaterThan(cases / 4);
  });
});

describe('an upgrade', () => {
  it('needs no migration of what schema 1 wrote', () => {
    const path = join(folder, 'one.sqlite');
    copyFileSync(FIXTURE, path);
    const ledger = openLedger(path, 'write');
    expect(ledger.read()).toEqual(sessionOf(ticks));
    expect(ledger.requests()).toEqual([{ number: 1, action: 'pause', askedAt: START }]);
    expect(ledger.pending(['log']).map(({ message }) => message.id)).toEqual(ticks.slice(1).map((_, k) => `order:${k + 1}`));
    // What it goes on with is sealed as it was then.
    ledger.commit(tickOf(12));
    expect(ledger.read()).toEqual(sessionOf([...ticks, tickOf(12)]));
    expect(ledger.lastSeal()).toBe('d7663d06ce16ebced674ae3d0280ac5f4b065b4c88f46135f648f7e0303c9c71');
    ledger.close();
    expect(readdirSync(folder).filter((name) => name.endsWith('.backup'))).toEqual([]);
  });

  test('A9: takes an older session along, with a copy of it beside, through every step', () => {
    const path = join(folder, 'old.sqlite');
    copyFileSync(FIXTURE, path);
    const steps: readonly Migration[] = [
      (database) => database.exec('ALTER TABLE tick ADD COLUMN remark TEXT'),
      (database) => database.exec('ALTER TABLE tick DROP COLUMN remark; CREATE TABLE remark (tick INTEGER) STRICT'),
    ];
    expect(() => openLedger(path, 'read', steps)).toThrow(`${path}: Expected a ledger of the newest schema, received an older one`);
    const failing: Migration = (database) => database.exec('CREATE TABLE request (again TEXT)');
    expect(() => openLedger(path, 'write', [steps[0]!, failing])).toThrow('already exists');
    const version = (file: string) => {
      const database = connect(file);
      const found = pragma(database, 'user_version');
      database.close();
      return found;
    };
    expect(version(path)).toBe(1);
    const ledger = openLedger(path, 'write', steps);
    expect(ledger.read()).toEqual(sessionOf(ticks));
    ledger.commit(tickOf(12));
    ledger.close();
    expect(version(path)).toBe(3);
    const kept = openLedger(`${path}.v1.backup`, 'read');
    expect(kept.read()).toEqual(sessionOf(ticks));
    kept.close();
    // The present program knows nothing of such a one, and leaves it alone.
    const bytes = readFileSync(path);
    for (const mode of ['write', 'read'] as const) {
      expect(() => openLedger(path, mode)).toThrow(`${path}: Expected a ledger of schema 1 or older, received 3; update paperwalk`);
    }
    expect(readFileSync(path).equals(bytes)).toBe(true);
    const again = openLedger(path, 'write', steps);
    expect(again.read()).toEqual(sessionOf([...ticks, tickOf(12)]));
    again.close();
  });
});

describe.skipIf(!mounted)('a disk that is full (skipped where no disk can be mounted, which takes root)', () => {
  test('A6: refuses a tick as a whole, whatever room there is, and takes it once there is room', () => {
    const full = { code: 'ENOSPC', syscall: 'write', message: expect.stringContaining('ENOSPC: no space left on device') };
    const caught = (work: () => void) => {
      try {
        work();
        return undefined;
      } catch (error) {
        return error;
      }
    };
    const filler = join(disk, 'filler');
    const path = join(disk, 'session.sqlite');
    const ledger = createLedger(path, genesis, history);
    const done = [tickOf(0)];
    ledger.commit(tickOf(0));
    const cases = count(5, 50);
    // With a slice, a tick takes more than eight pages of the log.
    const next = Array.from({ length: 2 * cases }, (_, k) => tickOf(k + 1)).filter(({ slices }) => slices.length > 0);
    for (let k = 0; k < cases; k++) {
      const tick = next[k]!;
      const seal = ledger.lastSeal();
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(filler, new Uint8Array((bavail - Math.floor((8 * k) / cases)) * bsize));
      for (let attempt = 0; attempt < 2; attempt++) {
        const refused = caught(() => ledger.commit(tick));
        expect(refused, `case ${k}`).toMatchObject(full);
        expect(exitCodeOf(refused)).toBe(4);
        expect((refused as Error).message).toContain(path);
        expect(ledger.lastSeal()).toBe(seal);
        expect(isDeepStrictEqual(ledger.read(), sessionOf(done))).toBe(true);
      }
      expect(caught(() => createLedger(join(disk, 'other.sqlite'), genesis, history))).toMatchObject({ code: 'ENOSPC' });
      expect(readdirSync(disk).sort()).toEqual(['filler', 'session.sqlite', 'session.sqlite-shm', 'session.sqlite-wal']);
      rmSync(filler);
      ledger.commit(tick);
      done.push(tick);
      expect(isDeepStrictEqual(ledger.read(), sessionOf(done))).toBe(true);
    }
    ledger.close();
  });
});
