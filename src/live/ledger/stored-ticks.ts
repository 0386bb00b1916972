import type { Message, MessageKind } from '../session.ts';
import { type Connection, numberOf, numbers, type Row, rows, textOf, texts } from './connection.ts';
import { REQUEST_COLUMNS, requestOf } from './requests.ts';
import { placeOf, put, type SealedTick, sliceNumbers, tickSeal } from './seal.ts';

export interface StoredTick {
  readonly tick: number;
  readonly content: SealedTick;
  readonly seal: string;
  /** Its content is what was sealed, on top of the seal before as it is stored. */
  readonly sound: boolean;
}

/** Each begins with the number by which its rows belong together: a tick, or the close time of a slice. */
const SLICES = `SELECT ${numbers('tick', 'close_time', 'equity', 'holding')} FROM slice ORDER BY close_time`;
const MARKETS = `SELECT ${numbers('decision.close_time', 'decision.market')},
  ${numbers('open_time', 'open', 'high', 'low', 'close', 'volume', 'forecast', 'signal', 'target', 'exposure', 'reason')}
  FROM decision LEFT JOIN bar USING (close_time, market) ORDER BY decision.close_time, decision.market`;
const EVENTS = `SELECT ${numbers('tick')}, ${texts('json')} FROM event ORDER BY number`;
const OBSERVATIONS = `SELECT ${numbers('tick')}, ${texts('json')} FROM observation ORDER BY number`;
/** Of message, for `messageOf`. */
export const MESSAGE_COLUMNS = `${texts('id')}, ${numbers('time')}, ${texts('kind', 'text')}`;
const MESSAGES = `SELECT ${numbers('tick')}, ${MESSAGE_COLUMNS} FROM message ORDER BY number`;
const TICKS = `SELECT ${numbers('number', 'at')}, ${texts('state', 'holdings', 'seal')} FROM tick ORDER BY number`;
const ANSWERS = `SELECT ${numbers('answered')}, ${REQUEST_COLUMNS} FROM request WHERE answered IS NOT NULL ORDER BY answered, number`;

/** The ticks of a ledger, oldest first, each with its seal computed again. Rows of a tick that is not there stand for an unsound one at the end. */
export function* storedTicks(database: Connection, markets: number, beginning: string): Generator<StoredTick> {
  const slicesOf = grouped(database, SLICES);
  const marketsOf = grouped(database, MARKETS);
  const [eventsOf, observationsOf] = [grouped(database, EVENTS), grouped(database, OBSERVATIONS)];
  const [messagesOf, answersOf] = [grouped(database, MESSAGES), grouped(database, ANSWERS)];
  let before = beginning;
  let last = 0;
  for (const [number, at, state, holdings, seal] of rows(database, TICKS)) {
    const tick = numberOf(number);
    const slices = slicesOf(tick);
    const values = sliceNumbers(slices.length, markets);
    slices.forEach((slice, s) => {
      put(values, placeOf(s, markets), slice, 1);
      for (const decided of marketsOf(numberOf(slice[1]))) {
        const m = numberOf(decided[1]);
        if (m >= 0 && m < markets) put(values, placeOf(s, markets, m), decided, 2);
      }
    });
    const content = {
      at: numberOf(at),
      slices: slices.length,
      numbers: values,
      events: eventsOf(tick).map(([, json]) => textOf(json)),
      observations: observationsOf(tick).map(([, json]) => textOf(json)),
      messages: messagesOf(tick).map(([, ...message]) => messageOf(message)),
      answered: answersOf(tick).map(([, ...request]) => requestOf(request)),
      state: state === null ? null : textOf(state),
      holdings: holdings === null ? null : textOf(holdings),
    };
    yield { tick, content, seal: textOf(seal), sound: tickSeal(before, content) === textOf(seal) };
    before = textOf(seal);
    last = tick;
  }
  const rest = [slicesOf, marketsOf, eventsOf, observationsOf, messagesOf, answersOf].flatMap((of) => of(Number.POSITIVE_INFINITY));
  if (rest.length > 0) yield { tick: last + 1, content: NOTHING, seal: before, sound: false };
}

const NOTHING: SealedTick = {
  at: Number.NaN,
  slices: 0,
  numbers: new Float64Array(),
  events: [],
  observations: [],
  messages: [],
  answered: [],
  state: null,
  holdings: null,
};

/** The columns of MESSAGES but the first. */
export function messageOf([id, time, kind, text]: Row): Message {
  return { id: textOf(id), time: numberOf(time), kind: textOf(kind) as MessageKind, text: textOf(text) };
}

/** Asked with ascending numbers, gives the rows up to each that were not given before. */
function grouped(database: Connection, sql: string): (number: number) => readonly Row[] {
  const source = rows(database, sql);
  let ahead = source.next();
  return (number) => {
    const own: Row[] = [];
    for (; !ahead.done && numberOf(ahead.value[0]) <= number; ahead = source.next()) own.push(ahead.value);
    return own;
  };
}
