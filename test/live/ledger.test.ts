import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { connect, makeDurable, pragma } from '../../src/live/ledger/connection.ts';
import { createLedger, openLedger, sessionFile } from '../../src/live/ledger.ts';
import type { TickRecord } from '../../src/live/session.ts';
import { SessionError } from '../../src/live/session-error.ts';
import { canonicalJson } from '../../src/models/key.ts';
import { HOUR, START } from '../data/market.ts';
import { genesis, history, MARKETS, sessionOf, stateAfter, tickOf } from './ledger-content.ts';

const workspace = mkdtempSync(join(tmpdir(), 'paperwalk-ledger-'));
afterAll(() => rmSync(workspace, { recursive: true }));
let made = 0;
const newFile = () => sessionFile(workspace, `demo-${made++}`);
const ticks = Array.from({ length: 12 }, (_, k) => tickOf(k));
/** A closed session of these ticks. */
function stored(records: readonly TickRecord[] = ticks): string {
  const path = newFile();
  const ledger = createLedger(path, genesis, history);
  for (const tick of records) ledger.commit(tick);
  ledger.close();
  return path;
}
/** Changes a closed session behind its back. */
function tamper(path: string, sql: string): string {
  const database = new Database(path);
  database.exec(sql);
  database.close();
  return path;
}

describe('a ledger', () => {
  it('lies in the folder of sessions, under the name of the bot', () => {
    expect(sessionFile('w', 'my-bot_1.2')).toBe(join('w', 'sessions', 'my-bot_1.2.sqlite'));
  });

  it.each(['', '../x', 'a/b', '.hidden', '-x', 'a b', 'a\\b', 'x'.repeat(65), 'C:x', 'a\0'])('has no name such as %j', (name) => {
    expect(() => sessionFile('w', name)).toThrow(SessionError);
  });

  it('reads before its first tick as what it began with', () => {
    const ledger = createLedger(newFile(), genesis, history);
    expect(ledger.read()).toEqual(sessionOf([]));
    expect(ledger.summary()).toEqual({
      ...{ genesis, ticks: 0, at: null, last: undefined, state: undefined },
      ...{ observations: [], alerts: [], messages: 0, requests: [] },
    });
    expect(Object.keys((ledger.read().genesis.config as { features: object }).features)).toEqual(['z', 'a']);
    ledger.close();
  });

  it('reads as what was committed, bit for bit, with NaN for what is unknown and 0 for -0, whoever opens it', () => {
    const path = stored();
    for (const mode of ['write', 'read'] as const) {
      const ledger = openLedger(path, mode);
      expect(ledger.read()).toEqual(sessionOf(ticks));
      ledger.close();
    }
  });

  it('reads any doubles as they were, and gives the same seals from what it reads', () => {
    const double = fc.double({ noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(double, double, double, double, fc.string({ unit: 'binary' })), { maxLength: 4 }), (values) => {
        const records = values.map(([equity, forecast, signal, target, text], k): TickRecord => {
          const decision = { forecast, signal, target, exposure: equity, reason: k };
          const slices = [
            { closeTime: START + k, equity: equity || 0, holding: -0, bars: MARKETS.map(() => undefined), decisions: [decision, decision] },
          ];
          const rejection = { kind: 'rejection', time: k, id: text, market: text, reason: text } as const;
          const messages = [{ id: `${k}${text}`, time: k, kind: 'alert', text } as const];
          return { at: k, slices, events: [rejection], observations: [], messages, answered: [] };
        });
        const path = stored(records);
        const ledger = openLedger(path, 'write');
        expect(ledger.read()).toEqual(sessionOf(records));
        expect(ledger.pending(['c']).map(({ message }) => message.text)).toEqual(
          // Neither a NUL nor half of a pair can be stored as text.
          records.map(({ messages }) => messages[0]!.text.replaceAll(/\0|\p{Surrogate}/gu, '\ufffd')),
        );
        ledger.close();
      }),
      { numRuns: 12, examples: [[[[1, Number.NaN, -0, 5e-324, 'a\0b\ud800']]]] },
    );
  });

  it('can be written to and read by two at once', () => {
    const path = stored(ticks.slice(0, 3));
    const [writer, reader] = [openLedger(path, 'write'), openLedger(path, 'read')];
    expect(reader.read()).toEqual(sessionOf(ticks.slice(0, 3)));
    writer.commit(ticks[3]!);
    expect(reader.read()).toEqual(sessionOf(ticks.slice(0, 4)));
    expect(reader.summary()).toMatchObject({ ticks: 4, at: ticks[3]!.at, messages: 4, state: stateAfter(6) });
    expect(reader.lastSeal()).toBe(writer.lastSeal());
    expect(() => reader.commit(ticks[4]!)).toThrow('readonly');
    for (const ledger of [reader, writer]) ledger.close();
  });

  it('sums up where it stands', () => {
    const ledger = openLedger(stored(), 'read');
    const { decisions, bars: _, ...last } = ticks[11]!.slices.at(-1)!;
    const summary = ledger.summary();
    expect(summary.last).toEqual({ ...last, decisions: decisions.map((decision) => ({ ...decision, signal: decision.signal + 0 })) });
    expect(summary.observations).toEqual(sessionOf(ticks).observations);
    ledger.close();
  });

  it('is one file once it is closed', () => {
    const path = stored();
    const alone = newFile();
    writeFileSync(alone, readFileSync(path));
    const ledger = openLedger(alone, 'write');
    expect(ledger.read()).toEqual(sessionOf(ticks));
    ledger.close();
  });

  it('stores a tick as a whole or not at all', () => {
    const path = stored(ticks.slice(0, 2));
    const ledger = openLedger(path, 'write');
    const before = ledger.lastSeal();
    expect(() => ledger.commit(ticks[1]!)).toThrow('a slice is decided once');
    expect(() => ledger.commit({ ...ticks[2]!, answered: [7] })).toThrow('Expected a request without an answer, received 7');
    expect(() => ledger.commit({ ...ticks[2]!, slices: [{ ...ticks[2]!.slices[0]!, decisions: [] }] })).toThrow(
      'Expected bars and decisions of 2 markets, received 2 and 0',
    );
    expect(ledger.lastSeal()).toBe(before);
    expect(ledger.read()).toEqual(sessionOf(ticks.slice(0, 2)));
    expect(ledger.pending(['c'])).toHaveLength(2);
    ledger.commit(ticks[2]!);
    expect(ledger.read()).toEqual(sessionOf(ticks.slice(0, 3)));
    ledger.close();
  });

  it('gives the same ticks the same seals, and other ticks others', () => {
    const seals = (records: readonly TickRecord[]) => {
      const ledger = openLedger(stored(records), 'read');
      const seal = ledger.lastSeal();
      ledger.close();
      return seal;
    };
    const three = ticks.slice(0, 3);
    const turned = JSON.parse(canonicalJson(three[2]!.state)) as NonNullable<TickRecord['state']>;
    expect(seals([...three.slice(0, 2), { ...three[2]!, state: turned }])).toBe(seals(three));
    const [slice] = three[2]!.slices;
    const changed: readonly Partial<TickRecord>[] = [
      { at: three[2]!.at + 1 },
      { slices: [{ ...slice!, equity: slice!.equity * (1 + 2.3e-16) }] },
      { slices: [{ ...slice!, bars: [slice!.bars[0], undefined] }] },
      { slices: [{ ...slice!, decisions: [slice!.decisions[0]!, { ...slice!.decisions[1]!, reason: 200 }] }] },
      { events: [] },
      { observations: three[2]!.observations.slice(1) },
      { state: stateAfter(9) },
      { holdings: [] },
      { messages: [] },
      { events: [], messages: [{ id: 'x', time: 1, kind: 'alert', text: 'y' }] },
    ];
    const all = changed.map((change) => seals([...three.slice(0, 2), { ...three[2]!, ...change }]));
    expect(new Set([...all, seals(three), seals(three.slice(1))]).size).toBe(changed.length + 2);
  });

  it('is not begun twice, nor with the history of other markets, and what fails leaves nothing behind', () => {
    const path = stored();
    expect(() => createLedger(path, genesis, history)).toThrow(`Expected no session at ${path}, received one`);
    const other = newFile();
    expect(() => createLedger(other, genesis, history.slice(1))).toThrow('Expected the history of binance:BTC/USDT, binance:ETH/USDT');
    expect(() => createLedger(other, { ...genesis, begun: 1n as unknown as number }, history)).toThrow('BigInt');
    expect(existsSync(other)).toBe(false);
    expect(readdirSync(join(workspace, 'sessions')).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(() => openLedger(other, 'read')).toThrow(`Expected a session at ${other}, found none`);
  });

  it('begins anew where only the log of a deleted file is left', () => {
    const path = newFile();
    const former = createLedger(path, genesis, history);
    former.commit(ticks[0]!);
    writeFileSync(`${path}.kept`, readFileSync(`${path}-wal`));
    former.close();
    for (const rest of ['', '-wal', '-shm']) rmSync(path + rest, { force: true });
    writeFileSync(`${path}-wal`, readFileSync(`${path}.kept`));
    const ledger = createLedger(path, genesis, history);
    expect(ledger.read()).toEqual(sessionOf([]));
    ledger.close();
  });

  test('A3: syncs every commit to disk, on every open', () => {
    const path = stored();
    for (let open = 0; open < 3; open++) {
      const database = connect(path);
      makeDurable(database);
      expect([pragma(database, 'synchronous'), pragma(database, 'journal_mode')]).toEqual([2, 'wal']);
      const ledger = openLedger(path, 'write');
      ledger.commit(tickOf(12 + open));
      ledger.close();
      database.close();
    }
  });
});

describe('a hand', () => {
  it('asks while the session runs, and is answered by a tick', () => {
    const path = stored(ticks.slice(0, 2));
    const [session, hand] = [openLedger(path, 'write'), openLedger(path, 'write')];
    hand.request('pause', START);
    hand.request('flatten', START + 0.5);
    const asked = [
      { number: 1, action: 'pause', askedAt: START },
      { number: 2, action: 'flatten', askedAt: START + 0.5 },
    ];
    expect(session.requests()).toEqual(asked);
    expect(session.summary().requests).toEqual(asked);
    session.commit({ ...ticks[2]!, answered: [1] });
    expect(hand.requests()).toEqual(asked.slice(1));
    expect(() => session.commit({ ...ticks[3]!, answered: [1] })).toThrow('Expected a request without an answer, received 1');
    hand.request('resume', START + 1);
    expect(hand.requests().map(({ number }) => number)).toEqual([2, 3]);
    session.commit({ ...ticks[3]!, answered: [3, 2] });
    expect(session.requests()).toEqual([]);
    expect(session.read()).toEqual(sessionOf(ticks.slice(0, 4)));
    for (const ledger of [session, hand]) ledger.close();
  });
});

describe('the outbox', () => {
  const told = (ledger: ReturnType<typeof openLedger>, channels: readonly string[]) =>
    ledger.pending(channels).map(({ message, channel }) => `${message.id} ${channel}`);

  it('gives each message once per channel, oldest first', () => {
    const ledger = createLedger(newFile(), genesis, history);
    for (const tick of ticks.slice(0, 2)) ledger.commit(tick);
    expect(told(ledger, ['log', 'hook'])).toEqual(['order:0 log', 'order:0 hook', 'order:1 log', 'order:1 hook']);
    expect(ledger.pending(['log'])[1]).toEqual({ channel: 'log', message: ticks[1]!.messages[0] });
    ledger.tell('order:0', 'log', START);
    ledger.tell('order:0', 'log', START + 1);
    ledger.tell('order:1', 'hook', START);
    expect(told(ledger, ['log', 'hook'])).toEqual(['order:0 hook', 'order:1 log']);
    expect(told(ledger, [])).toEqual([]);
    expect(() => ledger.tell('order:9', 'log', START)).toThrow('FOREIGN KEY');
    expect(ledger.read()).toEqual(sessionOf(ticks.slice(0, 2)));
    ledger.close();
  });

  it('tells a message once that ticks bring twice', () => {
    const ledger = createLedger(newFile(), genesis, history);
    ledger.commit(ticks[0]!);
    ledger.tell('order:0', 'log', START);
    expect(told(ledger, ['log'])).toEqual([]);
    ledger.commit({ ...ticks[1]!, messages: [...ticks[0]!.messages, ...ticks[1]!.messages, ...ticks[1]!.messages] });
    expect(told(ledger, ['log'])).toEqual(['order:1 log']);
    expect(ledger.read()).toEqual(sessionOf(ticks.slice(0, 2)));
    ledger.close();
  });

  it('begins a channel with the opening at which it was first there, and then leaves nothing out', () => {
    const path = stored(ticks.slice(0, 2));
    const ledger = openLedger(path, 'write');
    const opened = { kind: 'opened', slice: null, at: START, version: '0.1.0', node: 'v20.0.0' } as const;
    ledger.commit({ ...ticks[2]!, observations: [opened] });
    expect(told(ledger, ['new'])).toEqual(['order:2 new']);
    ledger.commit({ ...ticks[3]!, observations: [opened] });
    expect(told(ledger, ['new'])).toEqual(['order:2 new', 'order:3 new']);
    const reader = openLedger(path, 'read');
    expect(told(reader, ['newer'])).toEqual(['order:3 newer']);
    ledger.commit({ ...ticks[4]!, observations: [opened] });
    // Looking on begins no channel.
    expect(told(reader, ['newer'])).toEqual(['order:4 newer']);
    for (const one of [reader, ledger]) one.close();
  });
});

describe('a ledger that was changed', () => {
  const close = ticks[3]!.slices[0]!.closeTime;
  const sound = newFile();
  beforeAll(() => {
    const ledger = createLedger(sound, genesis, history);
    ledger.request('pause', START);
    ticks.forEach((tick, k) => {
      ledger.commit({ ...tick, answered: k === 3 ? [1] : [] });
    });
    ledger.close();
  });

  it.each([
    ['a price', `UPDATE bar SET low = low * 0.999999 WHERE close_time = ${close} AND market = 0`, 4],
    ['a bar that is gone', `DELETE FROM bar WHERE close_time = ${close} AND market = 0`, 4],
    ['a bar that was not there', `INSERT INTO bar VALUES (${ticks[1]!.slices[0]!.closeTime}, 1, 1, 1, 1, 1, 1, 1)`, 2],
    ['a target that was unknown', `UPDATE decision SET target = 0 WHERE close_time = ${ticks[4]!.slices[0]!.closeTime}`, 5],
    ['an equity', `UPDATE slice SET equity = equity + 1 WHERE close_time = ${close}`, 4],
    ['a slice that is gone', `DELETE FROM slice WHERE close_time = ${close}`, 4],
    ['an event', `UPDATE event SET json = replace(json, 'buy', 'sell') WHERE tick = 4`, 4],
    ['an observation that is gone', 'DELETE FROM observation WHERE tick = 4', 4],
    ['an event of no tick', `INSERT INTO event VALUES (NULL, 99, '{}')`, 13],
    ['a message', `UPDATE message SET text = 'sold' WHERE tick = 4`, 4],
    ['an answer', `UPDATE request SET answered = 5 WHERE answered = 4`, 4],
    ['the time of a tick', 'UPDATE tick SET at = at + 1 WHERE number = 4', 4],
    ['a seal', `UPDATE tick SET seal = upper(seal) WHERE number = 4`, 4],
    ['a tick that is gone', 'DELETE FROM tick WHERE number = 4', 5],
    ['the state', `UPDATE state SET json = replace(json, 'cash', 'cush') WHERE name = 'state'`, 12],
    ['the holdings, which are gone', `DELETE FROM state WHERE name = 'holdings'`, 12],
    ['the config', `UPDATE genesis SET json = replace(json, 'demo', 'dome')`, 0],
    ['a bar of history', `UPDATE history SET columns = zeroblob(length(columns)) WHERE market = 1`, 0],
    ['history that was cut', `UPDATE history SET columns = substr(columns, 1, 960 - 48) WHERE market = 1`, 0],
  ] as const)('in %s is refused for writing with the tick in which it was changed, and told for reading', (_, sql, tick) => {
    const path = newFile();
    copyFileSync(sound, path);
    tamper(path, sql);
    const writer = openLedger(path, 'write');
    expect(() => writer.read()).toThrow(SessionError);
    expect(() => writer.read()).toThrow(new RegExp(`^${path}: .*another tick ${tick}[;, ].*put a backup in its place`));
    writer.close();
    const reader = openLedger(path, 'read');
    const { broken } = reader.read();
    expect(broken[0]!.tick).toBe(tick);
    reader.close();
  });

  it('names the slices of the ticks that are broken', () => {
    const reader = openLedger(tamper(stored(), 'UPDATE slice SET holding = 1 WHERE tick IN (5, 8)'), 'read');
    const [five, eight] = [ticks[4]!.slices, ticks[7]!.slices];
    expect(reader.read().broken).toEqual([
      { tick: 5, from: five[0]!.closeTime, to: five[0]!.closeTime + HOUR },
      { tick: 8, from: eight[0]!.closeTime, to: eight[0]!.closeTime },
    ]);
    expect(() => openLedger(stored(), 'write').read()).not.toThrow();
    reader.close();
  });

  it.each([
    ['a request', `UPDATE request SET action = 'flatten'`],
    ['a channel', 'UPDATE channel SET since = 7'],
    ['what was told', 'UPDATE told SET at = 7'],
    ['a message that was told and is gone', 'PRAGMA foreign_keys = OFF; DELETE FROM message WHERE number = 2'],
  ])('in %s is refused for writing', (_, sql) => {
    const path = newFile();
    const before = createLedger(path, genesis, history);
    for (const tick of ticks.slice(0, 2)) before.commit(tick);
    before.request('pause', START);
    before.pending(['log']);
    before.tell('order:1', 'log', START);
    before.close();
    tamper(path, sql);
    const ledger = openLedger(path, 'write');
    expect(() => ledger.read()).toThrow(`${path}: Expected the session as it was stored, received`);
    ledger.close();
  });

  it('in the index of its messages, by which none is told twice, is refused for writing', () => {
    const path = newFile();
    const database = new Database(sound);
    const root = database.prepare<[]>("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_message_1'").raw().get() as [
      number,
    ];
    database.close();
    const bytes = readFileSync(sound);
    bytes[bytes.indexOf('order:3', (root[0] - 1) * 4096)] = 'p'.charCodeAt(0);
    writeFileSync(path, bytes);
    const ledger = openLedger(path, 'write');
    expect(() => ledger.read()).toThrow(
      `${path}: Expected the session as it was stored, received a damaged file (row 4 missing from index`,
    );
    ledger.close();
  });

  it('into a file of another kind is refused with its name', () => {
    const [text, foreign] = [newFile(), newFile()];
    writeFileSync(text, 'no database'.repeat(500));
    tamper(foreign, 'CREATE TABLE t (a)');
    for (const mode of ['write', 'read'] as const) {
      expect(() => openLedger(text, mode)).toThrow(`${text}: Expected the session as it was stored, received a damaged file`);
      expect(() => openLedger(foreign, mode)).toThrow(`${foreign}: Expected the session as it was stored, received a file of another kind`);
    }
  });
});
