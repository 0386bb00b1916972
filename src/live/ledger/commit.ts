import type { Candle } from '../../data/exchange/feed.ts';
import { canonicalJson } from '../../models/key.ts';
import type { Decision, HandRequest, Message, SliceRecord, TickRecord } from '../session.ts';
import { type Connection, numberOf, numbers, row, storable, textOf, texts, transaction } from './connection.ts';
import { readRequest } from './requests.ts';
import { BAR_VALUES, placeOf, put, sliceNumbers, textSeal, tickSeal } from './seal.ts';

/** Writes a tick in one transaction. Throws an Error for one that does not follow what is stored. */
export type Commit = (tick: TickRecord) => void;

/** Statements are prepared once: a tick of ten markets then costs well under a millisecond beside the disk. */
export function createCommit(database: Connection, markets: number): Commit {
  const insert = (table: string, columns: number) =>
    database.prepare<[readonly unknown[]]>(`INSERT INTO ${table} VALUES (${Array(columns).fill('?').join(', ')})`);
  const insertTick = insert('tick', 5);
  const insertSlice = insert('slice', 4);
  const insertBar = insert('bar', 8);
  const insertDecision = insert('decision', 7);
  const insertEvent = insert('event', 3);
  const insertObservation = insert('observation', 3);
  const insertState = database.prepare<[readonly unknown[]]>('INSERT OR REPLACE INTO state VALUES (?, ?)');
  // The same thing is told once, also by a tick that is done again.
  const insertMessage = database.prepare<[readonly unknown[]]>('INSERT OR IGNORE INTO message VALUES (NULL, ?, ?, ?, ?, ?)');
  const answer = database.prepare<[readonly unknown[]]>('UPDATE request SET answered = ? WHERE number = ? AND answered IS NULL');

  /** Stores slices and gives their numbers as sealed. */
  function writeSlices(tick: number, slices: readonly SliceRecord[]): Float64Array {
    const sealed = sliceNumbers(slices.length, markets);
    let last = numberOf(row(database, `SELECT ${numbers('MAX(close_time)')} FROM slice`)?.[0]);
    slices.forEach(({ closeTime, equity, holding, bars, decisions }, s) => {
      if (closeTime <= last) throw new Error(`Expected slices after ${last}, received one of ${closeTime}; a slice is decided once`);
      last = closeTime;
      if (bars.length !== markets || decisions.length !== markets) {
        throw new Error(`Expected bars and decisions of ${markets} markets, received ${bars.length} and ${decisions.length}`);
      }
      insertSlice.run([closeTime, tick, equity, holding]);
      put(sealed, placeOf(s, markets), [closeTime, equity, holding]);
      for (let m = 0; m < markets; m++) {
        const bar = bars[m];
        const place = placeOf(s, markets, m);
        if (bar) {
          const values = barValues(bar);
          insertBar.run([closeTime, m, ...values]);
          put(sealed, place, values);
        }
        const values = decisionValues(decisions[m]!);
        insertDecision.run([closeTime, m, ...values]);
        put(sealed, place + BAR_VALUES, values);
      }
    });
    return sealed;
  }

  function writeJson(statement: typeof insertEvent, tick: number, values: readonly unknown[]): readonly string[] {
    const json = values.map(canonicalJson);
    for (const text of json) statement.run([null, tick, text]);
    return json;
  }

  /** Gives those that were not there. */
  function writeMessages(tick: number, messages: readonly Message[]): readonly Message[] {
    return messages
      .map((message) => ({ ...message, id: storable(message.id), text: storable(message.text) }))
      .filter(({ id, time, kind, text }) => insertMessage.run([tick, id, time, kind, text]).changes === 1);
  }

  function writeState(name: string, value: unknown): string | null {
    if (value === undefined) return null;
    const json = canonicalJson(value);
    insertState.run([name, json]);
    return textSeal(json);
  }

  function writeAnswers(tick: number, answered: readonly number[]): readonly HandRequest[] {
    for (const number of answered) {
      if (answer.run([tick, number]).changes !== 1) throw new Error(`Expected a request without an answer, received ${number}`);
    }
    return [...answered].sort((a, b) => a - b).map((number) => readRequest(database, number));
  }

  return ({ at, slices, events, observations, state, holdings, messages, answered }) =>
    transaction(database, 'IMMEDIATE', () => {
      const tick = lastTick(database) + 1;
      const sealed = {
        at,
        slices: slices.length,
        numbers: writeSlices(tick, slices),
        events: writeJson(insertEvent, tick, events),
        observations: writeJson(insertObservation, tick, observations),
        messages: writeMessages(tick, messages),
        answered: writeAnswers(tick, answered),
        state: writeState('state', state),
        holdings: writeState('holdings', holdings),
      };
      insertTick.run([tick, at, sealed.state, sealed.holdings, tickSeal(lastSeal(database), sealed)]);
    });
}

/** 0 before the first one. */
export function lastTick(database: Connection): number {
  return numberOf(row(database, `SELECT ${numbers('COALESCE(MAX(number), 0)')} FROM tick`)?.[0]);
}

/** Of the last tick, or of the beginning. */
export function lastSeal(database: Connection): string {
  const last =
    row(database, `SELECT ${texts('seal')} FROM tick ORDER BY number DESC LIMIT 1`) ??
    row(database, `SELECT ${texts('seal')} FROM genesis`);
  return textOf(last?.[0]);
}

function barValues({ openTime, open, high, low, close, volume }: Candle): readonly number[] {
  return [openTime, open, high, low, close, volume];
}

function decisionValues({ forecast, signal, target, exposure, reason }: Decision): readonly number[] {
  return [forecast, signal, target, exposure, reason];
}
