import { z } from 'zod';
import {
  anyRate,
  choice,
  cost,
  flag,
  interval,
  notNegative,
  positive,
  positiveRate,
  rate,
  section,
  shareRate,
  text,
  whole,
} from './fields.ts';

// The sections of a bot file that say how is traded: costs, orders, guards, and what a market allows.

const slippageWords = 'a rate such as 5bp, { spread: 4bp }, { volumeShare: 0.1 } or { measured: FILE }';
const impact = notNegative.refine((value) => value < 1, { error: 'a number >= 0 and < 1' });
const slippage = z.union(
  [cost, section({ spread: cost }), section({ volumeShare: impact }), section({ measured: text('a file of slippages') })],
  {
    error: slippageWords,
  },
);

export const costs = section({
  taker: cost.default('0.1%'),
  maker: cost.default('0.1%'),
  slippage: slippage.default('0%'),
  minimum: notNegative.exactOptional(),
  perShare: notNegative.exactOptional(),
  currency: choice(['quote', 'base']).exactOptional(),
});

const style = section({
  kind: choice(['market', 'limit', 'stop', 'stop-limit']),
  offset: cost.exactOptional(),
  limitOffset: cost.exactOptional(),
  timeInForce: whole(1).exactOptional(),
  postOnly: flag.exactOptional(),
});
export const orders = section({ entry: style.exactOptional(), exit: style.exactOptional(), optimistic: flag.exactOptional() });

export const volumeCap = section({ share: shareRate, quantity: choice(['resolve', 'fixed']).default('resolve') });

const openRate = rate(', > 0% and < 100%', (fraction) => fraction > 0 && fraction < 1);
const trailing = z.union(
  [
    openRate,
    section({
      fraction: openRate.exactOptional(),
      atr: whole(1).exactOptional(),
      multiple: positive('a number').exactOptional(),
      intrabar: flag.exactOptional(),
    }),
  ],
  { error: 'a rate such as 8%, or { atr: 14, multiple: 3 }' },
);
const haltWords = 'a rate such as 25%, or { limit: 25%, pause: 100 }';
const lossesWords = 'a whole number such as 3, or { limit: 3, pause: 20 }';
const pause = whole(1).exactOptional();
const guardFields = {
  stopLoss: openRate.exactOptional(),
  takeProfit: positiveRate.exactOptional(),
  trailingStop: trailing.exactOptional(),
  timeStop: whole(1).exactOptional(),
  cooldown: whole(1).exactOptional(),
  staleData: whole(1).exactOptional(),
  expiredModel: choice(['flat', 'hold']).exactOptional(),
  maxDrawdown: z.union([openRate, section({ limit: openRate, pause })], { error: haltWords }).exactOptional(),
  dailyLoss: openRate.exactOptional(),
  maxLosses: z.union([whole(1), section({ limit: whole(1), pause })], { error: lossesWords }).exactOptional(),
  maxExposure: positiveRate.exactOptional(),
};
export const guards = section({
  ...guardFields,
  markets: z.record(z.string(), section(guardFields), { error: 'guards by the names of markets' }).exactOptional(),
});

const fundingWords =
  'exchange (what paperwalk fetch has stored), none, a file of rates such as csv:funding.csv, or { rate: 0.01%, every: 8h }';
/** What a market's section has beside its source. */
export const marketFields = {
  type: choice(['spot', 'margin', 'perpetual']).default('spot'),
  rules: choice(['exchange']).exactOptional(),
  lot: positive('a quantity').exactOptional(),
  tick: positive('a price').exactOptional(),
  minQuantity: positive('a quantity').exactOptional(),
  minNotional: positive('an amount of money').exactOptional(),
  leverage: positive('a number').exactOptional(),
  maintenance: openRate.exactOptional(),
  liquidationFee: cost.exactOptional(),
  borrow: cost.exactOptional(),
  funding: z
    .union([text(fundingWords).regex(/^(exchange|none|csv:.+)$/, { error: fundingWords }), section({ rate: anyRate, every: interval })], {
      error: fundingWords,
    })
    .exactOptional(),
  detail: text('the text of a market with bars of a lower interval, such as csv:bars-1m.csv').exactOptional(),
};
