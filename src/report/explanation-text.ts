import { isoInstant } from '../core/instant.ts';
import type { Explanation, ModelExplanation, OrderExplanation } from '../walk/explanation.ts';
import { counted, guardReason, moment, money, NONE, percent, price, quantity, share } from './format.ts';
import { reasonWords } from './reason-words.ts';

/** One decision from bar to fill, line by line. `strategy` and `guards` are as the bot file has them. */
export function explanationText(of: Explanation, { strategy, guards }: { readonly strategy: unknown; readonly guards?: unknown }): string {
  const { open, high, low, close, volume } = of.bar;
  const rows: (readonly [string, string])[] = [
    ['close', `${of.market}, ${when(of.closeTime)} UTC`],
    ['bar', `open ${price(open)}, high ${price(high)}, low ${price(low)}, close ${price(close)}, volume ${quantity(volume)}`],
    ...of.models.flatMap(modelRows),
    ...(of.models.length > 1 ? [['together', `forecast ${percent(of.forecast)}, spread ${share(of.spread)}`] as const] : []),
    ...of.signals.map(({ name, value }) => ['signal', `${name}: ${number(value)}`] as const),
    ['strategy', JSON.stringify(strategy)],
    ...(guards === undefined ? [] : [['guards', JSON.stringify(guards)] as const]),
    ...of.guards.map(
      ({ guard, action, reason, market }) => ['guard', `${market ?? 'account'}: ${guard} ${action}, ${guardReason(reason)}`] as const,
    ),
    ...(of.restraint === null ? [] : [['restraint', reasonWords(of.restraint)] as const]),
    ...of.settled.map((fill) => ['in the bar', `${fillWords(fill)} (${reasonWords(fill.reason)})`] as const),
    ['held', `${share(of.held)} of equity ${money(of.equity)}`],
    ['target', `${of.target === null ? 'left as it is' : `${share(of.target)} of equity`}: ${reasonWords(of.reason)}`],
    ...of.orders.flatMap(orderRows),
    ...(of.orders.length === 0 ? [['order', 'none'] as const] : []),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, words]) => `${name.padEnd(width)}  ${words}`).join('\n');
}

function modelRows({
  kind,
  fit,
  lookback,
  horizon,
  features,
  forecast,
  lower,
  upper,
  probability,
}: ModelExplanation): readonly (readonly [string, string])[] {
  const served = fit
    ? `${fit.key.slice(0, 12)}, asked for at ${when(fit.requested)}${fit.age === null ? ', frozen' : `, ${counted(fit.age, 'bar')} old`}, learnt from ${when(fit.trainedFrom)} to ${when(fit.trainedTo)}`
    : 'no fit serves';
  const more = [
    ...(lower === null ? [] : [`interval ${percent(lower)} to ${percent(upper)}`]),
    ...(probability === null ? [] : [`probability ${share(probability)}`]),
  ];
  return [
    ['fit', `${kind}: ${served}`],
    ['inputs', `the latest of ${counted(lookback, 'row')}; scaled in brackets`],
    ...features.map(({ name, value, scaled }) => ['', `${name} ${number(value)} (${scaled === null ? NONE : scaled.toFixed(3)})`] as const),
    ['forecast', [`${percent(forecast)} over ${counted(horizon, 'bar')}`, ...more].join(', ')],
  ];
}

function orderRows({ order, fills, rejection }: OrderExplanation): readonly (readonly [string, string])[] {
  const size = order.quantity === undefined ? `to ${share(order.exposure)} of equity` : quantity(Math.abs(order.quantity));
  return [
    ['order', `${order.kind} ${order.side} ${size} (${reasonWords(order.reason)}), ${order.id}`],
    ...fills.map((fill) => ['fill', fillWords(fill)] as const),
    ...(rejection ? [['no fill', `${when(rejection.time)}: ${rejection.reason}`] as const] : []),
    ...(fills.length === 0 && !rejection ? [['fill', 'none yet'] as const] : []),
  ];
}

function fillWords({ time, side, quantity: size, price: at, fee, slippage, factor }: OrderExplanation['fills'][number]): string {
  const short = factor < 1 ? `, cash sufficed for ${share(factor)}` : '';
  return `${when(time)}: ${side} ${quantity(size)} at ${price(at)}, fee ${money(fee)}, slippage ${money(slippage)}${short}`;
}

function number(value: number | null): string {
  return value === null ? NONE : String(Number(value.toPrecision(6)));
}

const when = (time: number) => moment(isoInstant(time));
