import { isoInstant } from '../core/instant.ts';
import { intervalName } from '../core/interval.ts';
import type { Panel } from '../core/panel.ts';
import type { Guards, Halt, Rules, TrailingStop } from '../core/rules.ts';
import type { FillRule } from '../core/trace.ts';
import type { Bot } from '../walk/bot.ts';
import { STACKING_WINDOW } from '../walk/stacking.ts';
import { detailCoverage } from './detail.ts';
import { sizingWords } from './sizing-words.ts';

const FILLS: Readonly<Record<FillRule, string>> = {
  'next-open': 'Market orders decided at a close fill at the open of the next bar.',
  'next-close': 'Market orders decided at a close fill at the close of the next bar.',
  'this-close':
    'OPTIMISTIC: market orders fill at the very close they were decided on, which nobody can do; costs of the first close lie before the first mark.',
};

/** Everything a run takes for granted, one sentence each. */
export function assumptions(bot: Bot, panel: Panel): string[] {
  const { rules, schedule, model } = bot;
  const interval = intervalName(panel.markets[0]!.intervalMs);
  const size = sizingWords(bot);
  const notes = [
    FILLS[rules.fill],
    ...costNotes(rules),
    ...orderNotes(rules, panel),
    'A bar without volume fills nothing; missing bars are not invented, and orders wait for the next bar that exists.',
    `All markets share one cash account${size ? '' : `; a full position takes ${rules.share === 1 ? 'all' : share(rules.share)} of its equity`}. What fills at one instant is a batch: what makes positions smaller first, then one factor on all purchases where the cash does not suffice.`,
    ...(size ? [size] : []),
    rules.keepSize
      ? 'A position keeps the size it was entered with.'
      : `Drift from the exposure wanted is left alone up to ${share(rules.band)} of equity.`,
    ...marketNotes(rules, panel),
    ...guardNotes(rules),
    'The risk-free rate is 0. An open position at the end is marked at the last close, not sold.',
    `Ratios are annualised by ${bot.periodsPerYear.toFixed(2)} bars of ${interval} a year (${bot.calendar}).`,
    bot.evaluate === 'all'
      ? 'Figures start at the first bar.'
      : 'Figures start at the first bar at which a decision was possible, for strategy and buy & hold alike.',
    'Buy & hold gives every market the same share of the capital, buys whole by the same fill rule, rounding, fees and funding, unlevered, and is never rebalanced.',
  ];
  if (bot.frozen) {
    const { key, market, time } = bot.frozen;
    notes.push(
      `The model ${key.slice(0, 12)} was made at ${isoInstant(time)} from ${market} and is never trained again; it serves decisions after that close only.`,
    );
  } else if (model) {
    const { window, expanding, validation, embargo } = model.sampling;
    notes.push(
      `A fit is requested every ${schedule.retrain} bars, learns only from labels known by then, serves from ${schedule.delay} bar(s) later and expires after ${schedule.maxAge} bars.`,
      `It learns from ${expanding ? `all samples so far (at least ${window})` : `the last ${window} samples`}, the latest ${Math.round(100 * validation)} % of them for early stopping, with a gap of ${model.horizon + embargo - 1} bar(s) between the parts beyond one.`,
    );
    if (bot.ensemble) {
      const { combine, members, window = STACKING_WINDOW } = bot.ensemble;
      notes.push(
        `Forecasts are the ${combine === 'stacking' ? 'weighted sum' : combine} of ${members.length + 1} models, each with fits of its own; there is none where one of them has none. The baselines learn from the first one's rows, and folds are named after its fits.`,
      );
      if (combine === 'stacking') {
        notes.push(
          `Weights are learnt at every bar, none of them negative, from the models' own forecasts of the last ${window} bars whose outcome was known; with fewer than half of them the models count alike.`,
        );
      }
    }
    if (schedule.delay === 0) notes.push('OPTIMISTIC: a fit serves the very close at which it was requested, as if learning took no time.');
  }
  return notes;
}

const share = (fraction: number) => `${Number((100 * fraction).toPrecision(6))} %`;
/** Of guards: four digits say all of a limit, however it was computed. */
const limit = (fraction: number) => `${Number((100 * fraction).toPrecision(4))} %`;

function costNotes({ costs }: Rules): string[] {
  const { taker, maker = taker, minimum, perUnit, currency, slippage } = costs;
  const extra = [
    ...(perUnit ? [`${perUnit} for each unit`] : []),
    ...(minimum ? [`at least ${minimum} a fill`] : []),
    ...(currency === 'base' ? ['taken from the units received on purchases'] : []),
  ];
  const fee = `Fees: ${share(taker)} of the notional for whoever takes liquidity, ${share(maker)} for orders that waited in the book${extra.length > 0 ? `; ${extra.join(', ')}` : ''}.`;
  if (typeof slippage === 'number')
    return [
      fee,
      `Slippage moves every price but that of limit orders against the account by ${share(slippage)}; no order moves the market.`,
    ];
  if (slippage.kind === 'measured')
    return [fee, `Slippage is drawn from ${slippage.sample.length} that were measured, by the order's id and time.`];
  return [fee, `Slippage is ${slippage.impact} x (quantity / the bar's volume)^2 of the price, against the account.`];
}

function orderNotes({ volumeCap, entry, exit, optimistic, guards, marketGuards, ambiguity }: Rules, panel: Panel): string[] {
  const notes: string[] = [];
  for (const [name, style] of [
    ['Entries', entry],
    ['Exits', exit],
  ] as const) {
    if (style && style.kind !== 'market')
      notes.push(
        `${name} are ${style.kind} orders ${share(style.offset ?? 0)} from the close${style.timeInForce ? `, for ${style.timeInForce} bar(s)` : ''}.`,
      );
  }
  const limited = [entry, exit].some((style) => style?.kind === 'limit' || style?.kind === 'stop-limit');
  // A strategy may place limit orders of its own, so the optimistic rule is named whatever the styles are.
  if (optimistic) notes.push('OPTIMISTIC: limit orders fill where the bar only touches them, as if they stood first in the book.');
  else if (limited) {
    notes.push('Limit orders fill where the bar trades through them; one that is marketable at its first open takes liquidity there.');
  }
  if (volumeCap) {
    notes.push(
      `At most ${share(volumeCap.share)} of a bar's volume is filled in it; what is left waits, its quantity ${volumeCap.quantity === 'fixed' ? 'fixed at its first bar' : 'resolved again at each bar'}. A liquidation is not held up.`,
    );
  }
  if (guards || marketGuards) {
    const detail = panel.markets.flatMap((bars, m) => {
      const finer = panel.detail?.[m];
      return finer
        ? [
            `Bars of ${intervalName(finer.intervalMs)} decide what came first in ${detailCoverage(bars, finer)} of ${bars.length} bars of ${bars.market}. `,
          ]
        : [];
    });
    notes.push(
      `Stops and targets are live from the fill on, in the same bar; they fill at their level, or at the open where the bar opened beyond it. ${detail.join('')}Where one bar holds both, the ${ambiguity === 'best' ? 'target' : 'stop'} comes first.`,
    );
    if (ambiguity === 'best') notes.push('OPTIMISTIC: where one bar holds a stop and a target, the target comes first.');
  }
  return notes;
}

function marketNotes({ markets = {} }: Rules, panel: Panel): string[] {
  const rules = panel.markets.map(({ market }) => [market, markets[market] ?? {}] as const);
  const rounded = rules.filter(([, { lot, tick, minimumQuantity, minimumNotional }]) => lot ?? tick ?? minimumQuantity ?? minimumNotional);
  const short = rules.filter(([, { margin }]) => margin).map(([market]) => market);
  const notes = [
    rounded.length === 0
      ? 'Quantities are fractional: no lot steps, tick sizes or minimum orders.'
      : `Quantities are rounded down to lots, order prices to ticks, and orders below the minimum are refused, in ${rounded.map(([market]) => market).join(', ')}; a position is always given up whole.`,
    short.length === 0 ? 'Spot markets only: nothing is ever sold short.' : `Short selling is allowed in ${short.join(', ')}.`,
  ];
  for (const [market, { margin, leverage = 1, maintenance, liquidationFee = 0, borrow }] of rules) {
    if (!margin) continue;
    const m = panel.markets.findIndex((bars) => bars.market === market);
    const liquidation =
      maintenance === undefined
        ? 'no margin call and no liquidation'
        : `isolated margin, initial ${share(1 / leverage)} and maintenance ${share(maintenance)} of the notional; liquidated at the price where it is used up, or at the open beyond it, with a fee of ${share(liquidationFee)}, and no more than the margin is lost`;
    const carry = [
      panel.funding?.[m] ? 'funding is charged on what is held before the fills of its instant' : 'no funding',
      borrow ? `what is borrowed, units sold short and money beyond margin and cash, costs ${share(borrow)} a year` : 'borrowing is free',
    ];
    notes.push(`${market}: ${liquidation}; ${carry.join(', ')}.`);
  }
  return notes;
}

function guardNotes({ guards, marketGuards = {} }: Rules): string[] {
  const all = [...(guards ? [['', guards] as const] : []), ...Object.entries(marketGuards)];
  return all.map(([market, own]) => `Guards${market ? ` of ${market}` : ''}: ${guardWords(own).join(', ')}.`);
}

function guardWords({ stopLoss, takeProfit, trailingStop, timeStop, cooldown, staleData, expiredModel, ...limits }: Guards): string[] {
  const { maxDrawdown, dailyLoss, losses, maxExposure } = limits;
  const fractions = { 'stop loss': stopLoss, 'take profit': takeProfit, 'daily loss': dailyLoss, 'maximum exposure': maxExposure };
  const bars = { 'time stop after': timeStop, 'cooldown of': cooldown, 'stale data after': staleData };
  return [
    ...Object.entries(fractions).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${limit(value)}`])),
    ...(trailingStop ? [`trailing stop ${trailWords(trailingStop)}`] : []),
    ...Object.entries(bars).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value} bar(s)`])),
    ...(maxDrawdown ? [`maximum drawdown ${limit(maxDrawdown.limit)}${pauseWords(maxDrawdown)}`] : []),
    ...(losses ? [`${losses.limit} losses in a row${pauseWords(losses)}`] : []),
    ...(expiredModel ? [expiredModel === 'flat' ? 'flat without a forecast' : 'positions are kept without a forecast'] : []),
  ];
}

function trailWords({ fraction, multiple, period, intrabar }: TrailingStop): string {
  const far = fraction === undefined ? `${Number(multiple?.toPrecision(4))} average true ranges of ${period} bars` : limit(fraction);
  return `${far} from the best ${intrabar ? 'price' : 'close'}`;
}

function pauseWords({ pause }: Halt): string {
  return ` (${pause === undefined ? 'for good' : `a pause of ${pause} bar(s)`})`;
}
