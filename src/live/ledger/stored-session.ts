import type { Bars } from '../../core/bars.ts';
import type { Event, MarketTrace, State } from '../../core/trace.ts';
import type { Observation } from '../observation.ts';
import type { Genesis, Session } from '../session.ts';
import { bytesOf, type Connection, numberOf, numbers, row, rows, textOf, texts } from './connection.ts';
import { BAR_VALUES, beginningSeal, bytesSeal, placeOf, textSeal } from './seal.ts';
import { storedTicks } from './stored-ticks.ts';
import { readGenesis } from './summary.ts';

type Broken = Session['broken'][number];

/** A session as a whole, to be read within a transaction. Every seal is computed again; `broken` names the ticks that fail. */
export function readSession(database: Connection): Session {
  const { genesis, history, seal, sound } = readBeginning(database);
  const markets = history.length;
  const broken: Broken[] = sound ? [] : [{ tick: 0, from: null, to: null }];

  const slices = numberOf(row(database, `SELECT ${numbers('COUNT(*)')} FROM slice`)?.[0]);
  const column = () => new Float64Array(slices).fill(Number.NaN);
  const [closeTime, equity, holding, forecasts] = [column(), column(), column(), history.map(column)];
  const market = history.map(
    ({ name }): MarketTrace => ({ market: name, signal: column(), target: column(), exposure: column(), reason: new Uint8Array(slices) }),
  );
  const events: Event[] = [];
  const observations: Observation[] = [];
  const columns = history.map(({ columns, rows: length }, m) => {
    const delivered = numberOf(row(database, `SELECT ${numbers('COUNT(*)')} FROM bar WHERE market = ?`, [m])?.[0]);
    return columns.map((values) => {
      const longer = new Float64Array(length + delivered);
      longer.set(values);
      return longer;
    });
  });
  const length = history.map(({ rows }) => rows);

  let slice = 0;
  // Where the state and the holdings were last written: only these are kept.
  const written: Record<'state' | 'holdings', { readonly seal: string; readonly place: Broken } | undefined> = {
    state: undefined,
    holdings: undefined,
  };
  for (const { tick, content, sound } of storedTicks(database, markets, seal)) {
    const { numbers: values } = content;
    const first = slice;
    for (let s = 0; s < content.slices; s++, slice++) {
      const own = placeOf(s, markets);
      closeTime[slice] = values[own]!;
      equity[slice] = values[own + 1]!;
      holding[slice] = values[own + 2]!;
      for (let m = 0; m < markets; m++) {
        const place = placeOf(s, markets, m);
        if (!Number.isNaN(values[place])) {
          const to = length[m]!++;
          for (let c = 0; c < BAR_VALUES; c++) columns[m]![c]![to] = values[place + c]!;
        }
        const decision = place + BAR_VALUES;
        const { signal, target, exposure, reason } = market[m]!;
        forecasts[m]![slice] = values[decision]!;
        signal[slice] = values[decision + 1]!;
        target[slice] = values[decision + 2]!;
        exposure[slice] = values[decision + 3]!;
        reason[slice] = values[decision + 4]!;
      }
    }
    const place = { tick, from: closeTime[first] ?? null, to: closeTime[slice - 1] ?? null };
    const span = slice > first ? place : { tick, from: null, to: null };
    if (!sound) broken.push(span);
    parseInto(events, content.events, sound);
    parseInto(observations, content.observations, sound);
    if (content.state !== null) written.state = { seal: content.state, place: span };
    if (content.holdings !== null) written.holdings = { seal: content.holdings, place: span };
  }

  /** The latest state of that name; its tick is broken where it is another. */
  function latest(name: 'state' | 'holdings'): unknown {
    const found = row(database, `SELECT ${texts('json')} FROM state WHERE name = ?`, [name]);
    const text = found && textOf(found[0]);
    const { seal, place } = written[name] ?? { seal: undefined, place: { tick: 0, from: null, to: null } };
    const sound = (text === undefined ? undefined : textSeal(text)) === seal;
    if (!sound && !broken.some(({ tick }) => tick === place.tick)) broken.push(place);
    const values: unknown[] = [];
    parseInto(values, text === undefined ? [] : [text], sound);
    return values[0];
  }

  const state = latest('state') as State | undefined;
  const holdings = latest('holdings') as readonly State[] | undefined;
  const bars = history.map(({ name }, m): Bars => {
    const [openTime, open, high, low, close, volume] = columns[m]!.map((values) => values.subarray(0, length[m])) as SixColumns;
    return { market: name, intervalMs: genesis.intervalMs, length: length[m]!, openTime, open, high, low, close, volume };
  });
  return {
    genesis,
    bars,
    historyRows: history.map(({ rows }) => rows),
    trace: { closeTime, equity, market, events },
    forecasts,
    holding,
    observations,
    state,
    holdings,
    broken: broken.sort((a, b) => a.tick - b.tick),
  };
}

type SixColumns = [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];

interface Beginning {
  readonly genesis: Genesis;
  readonly history: readonly { readonly name: string; readonly rows: number; readonly columns: readonly Float64Array[] }[];
  /** As stored, and whether it is that of the content. */
  readonly seal: string;
  readonly sound: boolean;
}

function readBeginning(database: Connection): Beginning {
  const [json, seal] = row(database, `SELECT ${texts('json', 'seal')} FROM genesis`) ?? [];
  const hashes: { name: string; sha256: string }[] = [];
  const history = [...rows(database, `SELECT ${texts('name', 'columns')} FROM history ORDER BY market`)].map(([name, bytes]) => {
    const copy = new Uint8Array(bytesOf(bytes));
    hashes.push({ name: textOf(name), sha256: bytesSeal(copy) });
    const length = Math.floor(copy.byteLength / 48);
    const columns = Array.from({ length: 6 }, (_, c) => new Float64Array(copy.buffer, 8 * c * length, length));
    return { name: textOf(name), rows: length, columns };
  });
  const sound = beginningSeal(textOf(json), hashes) === textOf(seal);
  return { genesis: readGenesis(database), history, seal: textOf(seal), sound };
}

/** Adds what texts stand for; of a tick that is broken, only what can be read. */
function parseInto(into: unknown[], texts: readonly string[], sound: boolean): void {
  for (const text of texts) {
    try {
      into.push(JSON.parse(text));
    } catch (error) {
      if (sound) throw error;
    }
  }
}
