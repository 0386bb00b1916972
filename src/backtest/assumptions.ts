import { isoInstant } from '../core/instant.ts';
import { intervalName } from '../core/interval.ts';
import type { Panel } from '../core/panel.ts';
import type { Bot } from '../walk/bot.ts';

const FILLS = {
  'next-open': 'Market orders decided at a close fill at the open of the next bar.',
  'next-close': 'Market orders decided at a close fill at the close of the next bar.',
  'this-close':
    'OPTIMISTIC: market orders fill at the very close they were decided on; costs of the first close lie before the first mark.',
} as const;

/** Everything a run takes for granted, one sentence each. */
export function assumptions(bot: Bot, panel: Panel): string[] {
  const { rules, schedule, model } = bot;
  const interval = intervalName(panel.markets[0]!.intervalMs);
  const notes = [
    FILLS[rules.fill],
    'The taker fee is paid on every fill; slippage moves every price against the account by a fixed share. No order moves the market.',
    'Quantities are fractional: no lot steps, tick sizes or minimum orders.',
    'A bar without volume fills nothing; missing bars are not invented, and orders wait for the next bar that exists.',
    `All markets share one cash account; a full position takes ${rules.share === 1 ? 'all' : `${(100 * rules.share).toFixed(1)} %`} of its equity, sales before purchases.`,
    `Drift from the exposure wanted is left alone up to ${(100 * rules.band).toFixed(1)} % of equity.`,
    rules.margin.size === 0
      ? 'Spot markets only: nothing is ever sold short.'
      : `Short selling is allowed in ${[...rules.margin].join(', ')}, without borrowing cost, margin call or liquidation.`,
    'The risk-free rate is 0. An open position at the end is marked at the last close, not sold.',
    `Ratios are annualised by ${bot.periodsPerYear.toFixed(2)} bars of ${interval} a year (${bot.calendar}).`,
    bot.evaluate === 'all'
      ? 'Figures start at the first bar.'
      : 'Figures start at the first bar at which a decision was possible, for strategy and buy & hold alike.',
    'Buy & hold gives every market the same share of the capital, buys by the same fill rule and fees, and is never rebalanced.',
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
      notes.push(
        `Forecasts are the ${bot.ensemble.combine} of ${bot.ensemble.members.length + 1} models, each with fits of its own; there is none where one of them has none. The baselines learn from the first one's rows, and folds are named after its fits.`,
      );
    }
    if (schedule.delay === 0) notes.push('OPTIMISTIC: a fit serves the very close at which it was requested.');
  }
  return notes;
}
