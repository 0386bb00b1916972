import { createColors } from 'picocolors';
import { isoInstant } from '../core/instant.ts';
import type { Standing } from '../live/standing.ts';
import { basisPoints, count, counted, moment, money, percent, price, quantity, share } from './format.ts';
import { reasonWords } from './reason-words.ts';
import { type Colours, plain, wrap } from './text.ts';

/** The bar that follows the last decision of a market as far as it has come: no part of the session. Times ms UTC. */
export interface Forming {
  readonly market: string;
  readonly open?: number;
  readonly openTime?: number;
  /** Why it could not be asked for. */
  readonly error?: unknown;
}

export interface StatusView {
  readonly standing: Standing;
  /** ms UTC. */
  readonly nextTick: number;
  /** Those that were asked for. */
  readonly forming: readonly Forming[];
}

export interface StatusStyle {
  readonly colour: boolean;
  /** Columns; nothing is wider, from 60 to 100. */
  readonly width: number;
  /** The present, ms UTC. */
  readonly now: number;
}

/** Markets, positions and orders that are listed; the rest is counted. */
const LISTED = 8;
/** Alerts that are listed, the latest. */
const ALERTS = 5;
const NARROWEST = 60;
const WIDEST = 100;

type Row = readonly [label: string, words: string];

/** Where a session stands, on one screen. */
export function statusText({ standing, nextTick, forming }: StatusView, { colour, width, now }: StatusStyle): string {
  const colours = createColors(colour);
  const rows: readonly Row[] = [
    ['session', sessionWords(standing)],
    ...lastRows(standing),
    ['equity', equityWords(standing)],
    ...listed(standing.positions, 'position', positionWords),
    ...(standing.positions.length === 0 ? [['position', 'none'] as const] : []),
    ...listed(standing.fills, 'fills', fillWords),
    ...listed(standing.pending, 'pending', (order) => pendingRows(order, forming)),
    ...modelRows(standing),
    [
      'next tick',
      `${instant(nextTick, true)} UTC, in ${wait(nextTick - now)}${standing.holder ? '' : '; not running: paperwalk paper goes on'}`,
    ],
    ...driftRows(standing),
    ...slippageRows(standing),
    ...alertRows(standing),
  ];
  const indent = Math.max(...rows.map(([label]) => label.length)) + 4;
  const room = Math.min(WIDEST, Math.max(NARROWEST, Math.floor(width))) - indent;
  const lines = rows.flatMap(([label, words]) =>
    wrap(plain(words), room).map((line, k) => `  ${colours.dim((k === 0 ? label : '').padEnd(indent - 2))}${line}`.trimEnd()),
  );
  return [heading(standing, colours), ...lines].join('\n');
}

function heading({ name, holder, hand, asked }: Standing, colours: Colours): string {
  const running = holder ? colours.green(`running (process ${holder.pid} since ${instant(holder.since)})`) : colours.yellow('not running');
  const wanted = { resume: '', pause: 'PAUSED', flatten: 'FLATTENED and paused' }[hand];
  const waiting = asked.length === 0 ? '' : `${asked.join(', ')} asked for, from the next decision on`;
  return [`${colours.bold(plain(name))}  ${running}`, ...[wanted, waiting].filter((words) => words !== '').map(colours.yellow)].join('; ');
}

function sessionWords({ markets, begun, decided }: Standing): string {
  const named =
    markets.length <= LISTED ? markets.join(', ') : `${markets.slice(0, LISTED).join(', ')} and ${markets.length - LISTED} more`;
  return `${named}; begun ${instant(begun)}, ${counted(decided, 'bar')} decided`;
}

function lastRows({ last, model }: Standing): readonly Row[] {
  if (!last) return [['last bar', 'none decided yet']];
  return [
    ['last bar', `${instant(last.closeTime)} UTC`],
    ...listed(last.markets, '', ({ market, close, forecast, signal, target, reason }) => {
      if (close === null) return `${market}: no bar`;
      const said = [
        ...(model ? [`forecast ${percent(forecast)}`] : []),
        signal === null ? 'no signal' : `signal ${Number(signal.toPrecision(4))}`,
        target === null ? 'left as it is' : `target ${share(target)}`,
      ];
      return `${market}: ${price(close)}, ${said.join(', ')} (${reasonWords(reason)})`;
    }),
  ];
}

function equityWords({ last, capital, cash }: Standing): string {
  if (!last) return `${money(capital)}, all of it cash`;
  const { equity, holding } = last;
  return `${money(equity)} (${percent(equity / capital - 1)} of ${money(capital)}); buy & hold ${money(holding)} (${percent(holding / capital - 1)}); cash ${money(cash)}`;
}

function positionWords({ market, quantity: size, entryPrice, lastClose, profit, profitFraction }: Standing['positions'][number]): string {
  return `${market}: ${quantity(size)} at ${price(entryPrice)}, now ${price(lastClose)}, unrealised ${signed(profit)} (${percent(profitFraction)})`;
}

function fillWords({ time, market, side, quantity: size, price: at, fee, reason }: Standing['fills'][number]): string {
  return `${instant(time)} ${market}: ${side} ${quantity(size)} at ${price(at)}, fee ${money(fee)} (${reasonWords(reason)})`;
}

/** An order, and where the bar opened in which it fills. */
function pendingRows(order: Standing['pending'][number], forming: readonly Forming[]): readonly string[] {
  const { market, kind, side, reason, decidedAt } = order;
  const size = order.quantity === null ? `to ${share(order.exposure)} of equity` : quantity(order.quantity);
  const until = kind === 'market' ? 'until its bar closes' : `waits since ${instant(decidedAt)}`;
  const { open, openTime } = forming.find((bar) => bar.market === market) ?? {};
  return [
    `${market}: ${kind} ${side} ${size} (${reasonWords(reason)}), ${until}`,
    ...(open === undefined || openTime === undefined
      ? []
      : [`provisional, outside the ledger: the bar of ${instant(openTime)} opened at ${price(open)}`]),
  ];
}

function modelRows({ model, markets, last }: Standing): readonly Row[] {
  if (!model) return [];
  const { kind, frozen, age, next } = model;
  if (frozen) return [['model', `${kind}; it is never trained again`]];
  const known = age.filter((bars) => bars !== null);
  const unserved = markets.filter((_, m) => age[m] === null);
  const ages = known.length === 0 ? [] : [Math.min(...known), Math.max(...known)];
  const old = ages.length === 0 ? '' : `${ages[0] === ages[1] ? '' : `${ages[0]} to `}${counted(ages[1]!, 'bar')} old`;
  const none = last && unserved.length > 0 ? (known.length === 0 ? 'no fit serves' : `none serves ${unserved.join(', ')}`) : '';
  const due = next ? `next training in ${counted(next.bars, 'bar')}, at the close of ${instant(next.time)}` : '';
  return [['model', [kind, old, none, due].filter((words) => words !== '').join(', ')]];
}

function driftRows({ name, drift }: Standing): readonly Row[] {
  if (!drift) return [];
  const { band, markets } = drift;
  if (!band) return [['drift', `no backtest to compare with: paperwalk backtest of ${name} before its session begins`]];
  const of = `RMSE ${share(band.rmse[0])} to ${share(band.rmse[1])}, direction ${share(band.directionAccuracy[0])} to ${share(band.directionAccuracy[1])}`;
  return [
    ...listed(markets, 'drift', ({ market, bars, rmse, directionAccuracy, alarm }) => {
      const places = [rmse.place, directionAccuracy.place].filter((place) => place !== null);
      const place = places.length === 0 ? 'too few bars to tell' : places.includes('outside') ? 'OUTSIDE the band' : 'inside the band';
      return `${market}: ${place}${alarm ? ', on its worse side' : ''}; RMSE ${share(rmse.value)}, direction ${share(directionAccuracy.value)} in ${counted(bars, 'scored bar')}`;
    }),
    ['', `band of the ${counted(band.folds, 'fold')} of ${band.run}:`],
    ['', of],
  ];
}

function slippageRows({ slippage }: Standing): readonly Row[] {
  const { count: fills, measured, simulated } = slippage;
  if (!measured || !simulated) return [];
  const words = `measured ${basisPoints(measured.median)}, simulated ${basisPoints(simulated.median)}`;
  return [['slippage', `${words} (medians of ${counted(fills, 'fill')})`]];
}

function alertRows({ alerts }: Standing): readonly Row[] {
  const more = alerts.length > ALERTS ? [`${count(alerts.length - ALERTS)} earlier ones, see --json`] : [];
  const words = [...more, ...alerts.slice(-ALERTS).map(({ time, text }) => `${instant(time)} ${text}`)];
  return words.map((text, k) => [k === 0 ? 'alerts' : '', text] as const);
}

/** Rows for each of them, the first one labelled, and one that counts the rest. */
function listed<T>(items: readonly T[], label: string, words: (item: T) => string | readonly string[]): readonly Row[] {
  const texts = items.slice(0, LISTED).flatMap(words);
  const rest = items.length > LISTED ? [`and ${count(items.length - LISTED)} more, see --json`] : [];
  return [...texts, ...rest].map((text, k) => [k === 0 ? label : '', text] as const);
}

function signed(amount: number | null): string {
  return amount !== null && amount > 0 ? `+${money(amount)}` : money(amount);
}

function instant(time: number, seconds = false): string {
  const iso = isoInstant(time);
  return seconds ? iso.slice(0, 19).replace('T', ' ') : moment(iso);
}

/** Up to the minute, which is as exact as a person waits: `3 d 4 h`, `12 min`. */
function wait(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 1) return 'less than a minute';
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  const parts =
    days > 0
      ? [`${days} d`, ...(hours > 0 ? [`${hours} h`] : [])]
      : [...(hours > 0 ? [`${hours} h`] : []), ...(rest > 0 ? [`${rest} min`] : [])];
  return parts.join(' ');
}
