import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, describe, expect, it } from 'vitest';
import { backupSession } from '../../src/live/backup.ts';
import { createLedger, openLedger } from '../../src/live/ledger.ts';
import { SessionError } from '../../src/live/session-error.ts';
import { START } from '../data/market.ts';
import { genesis, history, sessionOf, tickOf } from './ledger-content.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-backup-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ticks = Array.from({ length: 6 }, (_, k) => tickOf(k));

describe('a backup', () => {
  it('is the session as it stands while it runs, in one file that can go on', () => {
    const path = join(folder, 'demo.sqlite');
    const session = createLedger(path, genesis, history);
    for (const tick of ticks.slice(0, 4)) session.commit(tick);
    session.request('pause', START);
    session.pending(['log']);
    session.tell('order:0', 'log', START);
    const target = join(folder, 'backups', 'demo.backup');
    backupSession(path, target);
    session.commit(ticks[4]!);
    expect(readdirSync(join(folder, 'backups'))).toEqual(['demo.backup']);

    const copy = openLedger(target, 'write');
    expect(copy.read()).toEqual(sessionOf(ticks.slice(0, 4)));
    expect(copy.requests()).toEqual(session.requests());
    expect(copy.pending(['log']).map(({ message }) => message.id)).toEqual(['order:1', 'order:2', 'order:3']);
    copy.commit(ticks[4]!);
    expect(copy.lastSeal()).toBe(session.lastSeal());
    for (const ledger of [copy, session]) ledger.close();
  });

  it('replaces nothing, and is not made of what is damaged, missing or no session', () => {
    const path = join(folder, 'damaged.sqlite');
    const session = createLedger(path, genesis, history);
    for (const tick of ticks) session.commit(tick);
    const target = join(folder, 'target');
    writeFileSync(target, 'mine');
    expect(() => backupSession(path, target)).toThrow(`Expected no file at ${target}, received one`);
    session.close();
    const database = new Database(path);
    database.exec('UPDATE slice SET equity = 1 WHERE tick = 3');
    database.close();
    const other = join(folder, 'other');
    const refused = (from: string, message: string) => {
      expect(() => backupSession(from, other)).toThrow(SessionError);
      expect(() => backupSession(from, other)).toThrow(message);
    };
    refused(path, `${path}: Expected the session as it was stored, received another tick 3`);
    refused(join(folder, 'none.sqlite'), 'found none');
    refused(target, `${target}: Expected the session as it was stored, received a damaged file`);
    expect(readdirSync(folder).filter((name) => name.startsWith('.') || name.startsWith('other'))).toEqual([]);
  });
});
