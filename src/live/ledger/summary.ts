import type { State } from '../../core/trace.ts';
import type { Observation } from '../observation.ts';
import type { Decision, Genesis, HandRequest } from '../session.ts';
import { type Connection, numberOf, numbers, row, rows, textOf, texts } from './connection.ts';
import { openRequests } from './requests.ts';

/** Where a session stands. Nothing of it is checked against the seals: that takes reading all. */
export interface Summary {
  readonly genesis: Genesis;
  /** How many there were, and the exchange's time at the last one, ms UTC. */
  readonly ticks: number;
  readonly at: number | null;
  readonly last: LastSlice | undefined;
  readonly state: State | undefined;
  /** The latest 50, oldest first. */
  readonly observations: readonly Observation[];
  /** What was told last of kind alert, 10 at most, oldest first. */
  readonly alerts: readonly { readonly time: number; readonly text: string }[];
  /** How many. */
  readonly messages: number;
  /** Without an answer. */
  readonly requests: readonly HandRequest[];
}

export interface LastSlice {
  /** ms UTC. */
  readonly closeTime: number;
  /** Quote. */
  readonly equity: number;
  readonly holding: number;
  /** [market]. */
  readonly decisions: readonly Decision[];
}

const OBSERVATIONS = 50;
const ALERTS = 10;

/** To be read within a transaction. */
export function readSummary(database: Connection, path: string): Summary {
  const [ticks, at] = row(database, `SELECT ${numbers('number', 'at')} FROM tick ORDER BY number DESC LIMIT 1`) ?? [0, null];
  const [state] = row(database, `SELECT ${texts('json')} FROM state WHERE name = 'state'`) ?? [];
  const observations = [...rows(database, `SELECT ${texts('json')} FROM observation ORDER BY number DESC LIMIT ${OBSERVATIONS}`)];
  return {
    genesis: readGenesis(database),
    ticks: numberOf(ticks),
    at: typeof at === 'number' ? at : null,
    last: lastSlice(database),
    state: state === undefined ? undefined : (JSON.parse(textOf(state)) as State),
    observations: observations.reverse().map(([json]) => JSON.parse(textOf(json)) as Observation),
    alerts: [
      ...rows(
        database,
        `SELECT ${numbers('time')}, ${texts('text')} FROM message WHERE kind = 'alert' ORDER BY number DESC LIMIT ${ALERTS}`,
      ),
    ]
      .reverse()
      .map(([time, text]) => ({ time: numberOf(time), text: textOf(text) })),
    messages: numberOf(row(database, `SELECT ${numbers('COUNT(*)')} FROM message`)?.[0]),
    requests: openRequests(database, path),
  };
}

export function readGenesis(database: Connection): Genesis {
  const [json] = row(database, `SELECT ${texts('json')} FROM genesis`) ?? [];
  return JSON.parse(textOf(json)) as Genesis;
}

function lastSlice(database: Connection): LastSlice | undefined {
  const last = row(database, `SELECT ${numbers('close_time', 'equity', 'holding')} FROM slice ORDER BY close_time DESC LIMIT 1`);
  if (!last) return undefined;
  const [closeTime, equity, holding] = last.map(numberOf) as [number, number, number];
  const decisions = `SELECT ${numbers('forecast', 'signal', 'target', 'exposure', 'reason')} FROM decision WHERE close_time = ? ORDER BY market`;
  return {
    closeTime,
    equity,
    holding,
    decisions: [...rows(database, decisions, [closeTime])].map((found) => {
      const [forecast, signal, target, exposure, reason] = found.map(numberOf) as [number, number, number, number, number];
      return { forecast, signal, target, exposure, reason };
    }),
  };
}
