import type { Bars, Column } from '../core/bars.ts';
import type { Panel } from '../core/panel.ts';
import { positionGuards } from '../core/protection.ts';
import type { Setup } from '../core/setup.ts';
import { type Reach, returnDeviation } from '../indicators/return-deviation.ts';
import { covarianceColumns } from '../strategies/covariance.ts';
import type { Memory, Sizing } from '../strategies/sizing.ts';
import type { Bot } from './bot.ts';

const WINDOW = 60;

/** What the fold looks up of how large positions are: all causal, computed before it. */
export type SizingColumns = Pick<Setup, 'weights' | 'volatilityTarget'>;

/**
 * The columns of a bot's sizing; none where the rules say it all. `trueRange` holds the average true range of every market where a guard keeps
 * a multiple of it away. Throws a TypeError where the sizing does not fit the bot: no stop to size by, a market without a weight.
 */
export function sizingColumns(
  bot: Bot,
  panel: Panel,
  forecasts: readonly Column[],
  trueRange: readonly Column[] | undefined = undefined,
): SizingColumns {
  const { sizing } = bot;
  if (!sizing) return {};
  const { markets } = panel;
  switch (sizing.kind) {
    case 'fraction':
    case 'equal':
    case 'amount':
      return {};
    case 'volatility': {
      const { target, most = 1 } = sizing;
      const aim = target / Math.sqrt(bot.periodsPerYear);
      return { weights: markets.map((bars) => deviation(bars, sizing).map((sigma) => Math.min(most, aim / sigma) / markets.length)) };
    }
    case 'kelly':
      return { weights: markets.map((bars, m) => kelly(bars, forecasts[m]!, horizonOf(bot), sizing, markets.length)) };
    case 'risk': {
      const { risk, most = 1 } = sizing;
      return {
        weights: markets.map((bars, m) =>
          stopDistance(bot, bars, trueRange?.[m]).map((far) => Math.min(most / markets.length, risk / far)),
        ),
      };
    }
    case 'inverse-volatility':
      return { weights: inverseVolatility(panel, sizing, sizing.of ?? 1) };
    case 'weights':
      return { weights: markets.map((bars) => new Float64Array(bars.length).fill(weightOf(sizing.weights, bars.market))) };
    case 'portfolio-volatility': {
      const { target, most = 1, base = 'fraction', window = WINDOW } = sizing;
      return {
        ...(base === 'inverse-volatility' && { weights: inverseVolatility(panel, { window }, 1) }),
        volatilityTarget: { volatility: target / Math.sqrt(bot.periodsPerYear), most, covariance: covarianceColumns(panel, window) },
      };
    }
  }
}

/** Standard deviation of a market's log returns, a bar. */
function deviation(bars: Bars, memory: Memory): Column {
  return returnDeviation(bars, reachOf(memory));
}

function reachOf({ window = WINDOW, halfLife }: Memory): Reach {
  return halfLife === undefined ? { window } : { halfLife };
}

function horizonOf({ model, frozen }: Bot): number {
  return (model ?? frozen?.model)?.horizon ?? 1;
}

function kelly(bars: Bars, forecast: Column, horizon: number, sizing: Extract<Sizing, { kind: 'kelly' }>, markets: number): Column {
  const { fraction = 0.5, most = 1 } = sizing;
  return returnDeviation(bars, reachOf(sizing), horizon).map(
    (sigma, i) => Math.min(most, (fraction * Math.abs(forecast[i]!)) / (sigma * sigma)) / markets,
  );
}

/** How far from the close the nearest stop of a position entered there lies, as a fraction of it. */
function stopDistance({ rules }: Bot, { market, close }: Bars, trueRange: Column | undefined): Column {
  const { stopLoss = Infinity, trailingStop } = positionGuards(rules, market);
  const fixed = Math.min(stopLoss, trailingStop?.fraction ?? Infinity);
  const multiple = trailingStop?.multiple;
  if (multiple === undefined) {
    if (fixed === Infinity) throw new TypeError(`Expected a stop for ${market} to size positions by, received none; set guards.stopLoss`);
    return new Float64Array(close.length).fill(fixed);
  }
  if (!trueRange)
    throw new TypeError(`Expected the average true range of ${market} beside a trailing stop of ${multiple} of them, received none`);
  return close.map((price, i) => Math.min(fixed, (multiple * trueRange[i]!) / price));
}

/**
 * By slice, `of` x (1 / volatility) / the sum of these over the markets whose volatility is known, aligned with each market's bars. A
 * market without a bar counts with the volatility it had last; one that did not move at all is not known.
 */
function inverseVolatility({ markets, closeTime, row }: Panel, memory: Memory, of: number): readonly Column[] {
  const inverse = markets.map((bars) => deviation(bars, memory).map((sigma) => (sigma > 0 ? 1 / sigma : Number.NaN)));
  const weights = markets.map((bars) => new Float64Array(bars.length).fill(Number.NaN));
  const last = new Float64Array(markets.length).fill(Number.NaN);
  for (let slice = 0; slice < closeTime.length; slice++) {
    let sum = 0;
    for (let m = 0; m < markets.length; m++) {
      const here = row[m]![slice]!;
      if (here >= 0) last[m] = inverse[m]![here]!;
      if (!Number.isNaN(last[m])) sum += last[m]!;
    }
    for (let m = 0; m < markets.length; m++) {
      const here = row[m]![slice]!;
      if (here >= 0) weights[m]![here] = (of * last[m]!) / sum;
    }
  }
  return weights;
}

function weightOf(weights: Readonly<Record<string, number>>, market: string): number {
  const weight = Object.hasOwn(weights, market) ? weights[market]! : Number.NaN;
  if (weight >= 0 && weight < Infinity) return weight;
  throw new TypeError(
    `Expected a weight >= 0 for the market ${market}, received ${Number.isNaN(weight) ? 'none' : weight}; set sizing.weights`,
  );
}
