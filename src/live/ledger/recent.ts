import type { Event } from '../../core/trace.ts';
import type { FitArrived, FitMissing, Observation, PersonsHand } from '../observation.ts';
import { bytesOf, type Connection, numberOf, numbers, row, rows, textOf, texts } from './connection.ts';

/** The latest slices of a session, with what is known of them and what outlasts them. Not checked against the seals. */
export interface Recent {
  /** Slices since the beginning. */
  readonly decided: number;
  /** When the first bar of history opened, ms UTC. */
  readonly historyFrom: number;
  /** Oldest first, ms UTC. */
  readonly closeTime: Float64Array;
  /** [market], by slice: expected returns (NaN where there was none), and closes (NaN where there was no bar). */
  readonly forecasts: readonly Float64Array[];
  readonly closes: readonly Float64Array[];
  /** Of the ticks that decided them. */
  readonly events: readonly Event[];
  readonly observations: readonly Observation[];
  /** Since the beginning: fits that came, or were missed, and what a person asked for. */
  readonly lasting: readonly (FitArrived | FitMissing | PersonsHand)[];
}

/** To be read within a transaction. */
export function readRecent(database: Connection, slices: number): Recent {
  const count = numberOf(row(database, `SELECT ${numbers('COUNT(*)')} FROM slice`)?.[0]);
  const found = [
    ...rows(database, `SELECT ${numbers('close_time', 'tick')} FROM slice ORDER BY close_time DESC LIMIT ?`, [slices]),
  ].reverse();
  const closeTime = Float64Array.from(found, ([time]) => numberOf(time));
  const place = new Map([...closeTime].map((time, k) => [time, k]));
  const tick = found.length === 0 ? 1 : numberOf(found[0]![1]);
  const history = [...rows(database, `SELECT ${texts('substr(columns, 1, 8)')} FROM history ORDER BY market`)];

  /** A column of a table that has a row for each slice and market, [market][slice]. */
  const columns = (table: 'decision' | 'bar', name: 'forecast' | 'close') => {
    const all = history.map(() => new Float64Array(closeTime.length).fill(Number.NaN));
    const since = closeTime[0] ?? Number.POSITIVE_INFINITY;
    const sql = `SELECT ${numbers('close_time', 'market', name)} FROM ${table} WHERE close_time >= ?`;
    for (const [time, market, value] of rows(database, sql, [since])) {
      const at = place.get(numberOf(time));
      const column = all[numberOf(market)];
      if (at !== undefined && column) column[at] = numberOf(value);
    }
    return all;
  };
  const parsed = (sql: string, parameters: readonly unknown[] = []) =>
    [...rows(database, sql, parameters)].map(([json]) => JSON.parse(textOf(json)) as unknown);

  return {
    decided: count,
    historyFrom: Math.min(...history.map(([first]) => firstNumber(bytesOf(first)))),
    closeTime,
    forecasts: columns('decision', 'forecast'),
    closes: columns('bar', 'close'),
    events: parsed(`SELECT ${texts('json')} FROM event WHERE tick >= ? ORDER BY number`, [tick]) as Event[],
    observations: parsed(`SELECT ${texts('json')} FROM observation WHERE tick >= ? ORDER BY number`, [tick]) as Observation[],
    lasting: parsed(
      `SELECT ${texts('json')} FROM observation WHERE json LIKE '%"kind":"fit"%' OR json LIKE '%"kind":"fitMissing"%' OR json LIKE '%"kind":"hand"%' ORDER BY number`,
    ) as Recent['lasting'],
  };
}

function firstNumber(bytes: Uint8Array): number {
  return bytes.byteLength < 8 ? Number.NaN : new Float64Array(new Uint8Array(bytes).buffer, 0, 1)[0]!;
}
