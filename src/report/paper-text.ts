import { isoInstant } from '../core/instant.ts';
import { reasonName } from '../core/policy.ts';
import type { SliceRecord } from '../live/session.ts';
import { counted, moment, money, percent, price, share } from './format.ts';
import { reasonWords } from './reason-words.ts';

/** What one line about a decided slice is made of. */
export interface TickView {
  readonly slice: SliceRecord;
  readonly markets: readonly string[];
  readonly capital: number;
  /** Slots since the fits that serve were asked for, [market]; undefined where none does. */
  readonly modelAge: readonly (number | undefined)[];
  /** Whether the bot has a model, and whether that is one that is never trained again. */
  readonly forecasts: boolean;
  readonly frozen: boolean;
}

/** Markets that a line names one by one; more are counted. */
const NAMED = 3;

/** One line: time, price, forecast or signal, action, equity against holding, and the age of the model. */
export function tickLine({ slice, markets, capital, modelAge, forecasts, frozen }: TickView): string {
  const { closeTime, equity, holding, bars, decisions } = slice;
  const ages = modelAge.filter((age) => age !== undefined);
  const parts = [
    moment(isoInstant(closeTime)),
    ...(markets.length <= NAMED
      ? markets.map((market, m) => marketWords(market, bars[m]?.close, decisions[m]!, forecasts))
      : [summary(slice)]),
    `equity ${money(equity)} (${percent(equity / capital - 1)}), buy & hold ${percent(holding / capital - 1)}`,
    ...(frozen
      ? ['frozen model']
      : forecasts
        ? [ages.length === 0 ? 'no model yet' : `model ${counted(Math.max(...ages), 'bar')} old`]
        : []),
  ];
  return parts.join(' | ');
}

/** Bars that were decided together: after a pause, or at a start. */
export function caughtUp(slices: readonly SliceRecord[]): string {
  const [first, last] = [slices[0]!, slices.at(-1)!];
  return `${counted(slices.length, 'bar')} that closed from ${moment(isoInstant(first.closeTime))} to ${moment(isoInstant(last.closeTime))}:`;
}

function marketWords(
  market: string,
  close: number | undefined,
  { forecast, signal, exposure, reason }: SliceRecord['decisions'][number],
  forecasts: boolean,
): string {
  if (close === undefined) return `${market} no bar`;
  const said = forecasts ? `forecast ${percent(forecast)}` : Number.isNaN(signal) ? 'no signal' : `signal ${Number(signal.toPrecision(4))}`;
  return `${market} ${price(close)}, ${said}, ${reasonWords(reasonName(reason))}, held ${share(exposure)}`;
}

function summary({ bars, decisions }: SliceRecord): string {
  const held = decisions.filter(({ exposure }) => exposure !== 0);
  const total = held.reduce((sum, { exposure }) => sum + Math.abs(exposure), 0);
  const present = bars.filter((bar) => bar !== undefined).length;
  return `${counted(present, 'market')}, ${held.length} held (${share(total)})`;
}
