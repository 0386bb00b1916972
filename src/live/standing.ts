import { type CalendarName, nextOpening, slotOf } from '../core/calendar.ts';
import type { Order } from '../core/order.ts';
import { reasonName } from '../core/policy.ts';
import type { FillEvent, State } from '../core/trace.ts';
import { latestRequest, type Schedule, serves } from '../models/schedule.ts';
import { type Drift, measureDrift } from './drift.ts';
import type { Recent } from './ledger/recent.ts';
import type { Summary } from './ledger/summary.ts';
import type { HandAction } from './observation.ts';
import type { DriftBand } from './session.ts';
import type { Holder } from './session-lock.ts';
import { measuredFills, type SlippageSample, slippageSample } from './slippage.ts';

const LATEST_FILLS = 5;

/** What of a session's bot its standing is told with. */
export interface StandingRules {
  /** Quote. */
  readonly capital: number;
  readonly calendar: CalendarName;
  /** Undefined without a model. */
  readonly model:
    | {
        readonly kind: string;
        readonly schedule: Schedule;
        readonly frozen: boolean;
        /** Bars; undefined where a frozen model is not at hand. */
        readonly horizon: number | undefined;
      }
    | undefined;
  /** Slot 0 of the schedule, ms UTC; undefined for the first bar. */
  readonly anchor: number | undefined;
}

/** Where a session stands. Times are ms UTC, amounts quote, shares fractions; null where something is unknown or does not exist. */
export interface Standing {
  readonly name: string;
  readonly markets: readonly string[];
  readonly intervalMs: number;
  readonly begun: number;
  readonly capital: number;
  /** The process that runs it. */
  readonly holder: Holder | null;
  /** What a person wants; `resume` is to trade. And what was asked for and waits for the next decision. */
  readonly hand: HandAction;
  readonly asked: readonly HandAction[];
  /** Slices. */
  readonly decided: number;
  readonly last: LastDecision | null;
  readonly cash: number;
  readonly positions: readonly HeldPosition[];
  /** Orders that wait for a bar to close. */
  readonly pending: readonly PendingOrder[];
  readonly model: ModelStanding | null;
  /** What was told last as an alert, oldest first. */
  readonly alerts: readonly Alert[];
  /** The latest five, oldest first. */
  readonly fills: readonly FillEvent[];
  readonly drift: { readonly band: DriftBand | null; readonly markets: readonly (Drift & { readonly market: string })[] } | null;
  /** Of the latest slices. */
  readonly slippage: SlippageSample;
}

export interface Alert {
  readonly time: number;
  readonly text: string;
}

export interface LastDecision {
  readonly closeTime: number;
  readonly equity: number;
  /** Equity of the same money in buy & hold. */
  readonly holding: number;
  /** [market]; `reason` is the name of a `Reason`. */
  readonly markets: readonly {
    readonly market: string;
    readonly close: number | null;
    readonly forecast: number | null;
    readonly signal: number | null;
    readonly target: number | null;
    readonly exposure: number | null;
    readonly reason: string;
  }[];
}

export interface HeldPosition {
  readonly market: string;
  /** Base units, negative when short. */
  readonly quantity: number;
  readonly entryPrice: number | null;
  readonly lastClose: number | null;
  /** Unrealised, before fees; and of what was put in. */
  readonly profit: number | null;
  readonly profitFraction: number | null;
}

export interface PendingOrder {
  readonly id: string;
  readonly market: string;
  readonly side: 'buy' | 'sell';
  readonly kind: Order['kind'];
  /** Base units to trade; or the exposure to reach, resolved where the order meets a price. */
  readonly quantity: number | null;
  readonly exposure: number | null;
  readonly reason: string;
  readonly decidedAt: number;
}

export interface ModelStanding {
  readonly kind: string;
  readonly frozen: boolean;
  /** Bars since the fit that serves was asked for, [market]; null where none does, and for a frozen one. */
  readonly age: readonly (number | null)[];
  /** When the next fit is asked for, in bars and at which close; null where none will be. */
  readonly next: { readonly bars: number; readonly time: number } | null;
}

/** Slices that drift and slippage are told from. */
export const LATEST_SLICES = 500;

/** Where a session stands, from what its ledger says of it; `holder` as the lock says. */
export function standing(summary: Summary, recent: Recent, rules: StandingRules, holder: Holder | undefined): Standing {
  const { genesis, last, state, requests } = summary;
  const { name, markets, intervalMs, begun, band } = genesis;
  const { model } = rules;
  const at = recent.closeTime.length - 1;
  return {
    name,
    markets,
    intervalMs,
    begun,
    capital: rules.capital,
    holder: holder ?? null,
    hand: recent.lasting.findLast((one) => one.kind === 'hand')?.action ?? 'resume',
    asked: requests.map(({ action }) => action),
    decided: recent.decided,
    last: last
      ? {
          closeTime: last.closeTime,
          equity: last.equity,
          holding: last.holding,
          markets: last.decisions.map(({ forecast, signal, target, exposure, reason }, m) => ({
            market: markets[m] ?? '',
            close: known(recent.closes[m]?.[at]),
            forecast: known(forecast),
            signal: known(signal),
            target: known(target),
            exposure: known(exposure),
            reason: reasonName(reason),
          })),
        }
      : null,
    cash: state?.account.cash ?? rules.capital,
    positions: positionsOf(state),
    pending: (state?.open ?? []).map(({ id, market, side, kind, quantity, remaining, exposure, reason, decidedAt }) => ({
      id,
      market,
      side,
      kind,
      quantity: remaining ?? (quantity === undefined ? null : Math.abs(quantity)),
      exposure: remaining === undefined ? (exposure ?? null) : null,
      reason,
      decidedAt,
    })),
    model: model ? modelOf(model, genesis, recent, rules) : null,
    alerts: summary.alerts,
    fills: recent.events.flatMap((event) => (event.kind === 'fill' ? [event] : [])).slice(-LATEST_FILLS),
    drift: model?.horizon === undefined ? null : { band, markets: driftOf(model.schedule.retrain, model.horizon, genesis, recent) },
    slippage: slippageSample(measuredFills(recent.events, recent.observations)),
  };
}

function positionsOf(state: State | undefined): readonly HeldPosition[] {
  return (state?.account.positions ?? []).flatMap(({ market, quantity, entryPrice, lastClose }) => {
    if (quantity === 0) return [];
    const move = entryPrice === null || lastClose === null ? null : lastClose - entryPrice;
    const profit = move === null ? null : quantity * move;
    const fraction = move === null || entryPrice === null ? null : (Math.sign(quantity) * move) / entryPrice;
    return [{ market, quantity, entryPrice, lastClose, profit, profitFraction: fraction }];
  });
}

function modelOf(
  { kind, schedule, frozen }: NonNullable<StandingRules['model']>,
  { markets, intervalMs }: Summary['genesis'],
  { historyFrom, closeTime, closes, lasting }: Recent,
  { calendar, anchor = historyFrom }: StandingRules,
): ModelStanding {
  const slotAt = (close: number) => slotOf(calendar, intervalMs, anchor, close - intervalMs);
  const age = markets.map((market, m) => {
    const close = closeTime[closes[m]!.findLastIndex((price) => !Number.isNaN(price))];
    if (frozen || close === undefined) return null;
    const now = slotAt(close);
    const serving = lasting.flatMap((one) =>
      one.kind === 'fit' && one.model === 0 && one.market === market && one.refused === null && one.slice <= close ? [one.slot] : [],
    );
    const latest = Math.max(...serving.filter((slot) => serves(schedule, slot, now)));
    return Number.isFinite(latest) ? now - latest : null;
  });
  const last = closeTime.at(-1);
  if (frozen || last === undefined) return { kind, frozen, age, next: null };
  const slot = slotAt(last);
  const bars = latestRequest(schedule, slot) + schedule.retrain - slot;
  let opening = last - intervalMs;
  for (let k = 0; k < bars; k++) opening = nextOpening(calendar, intervalMs, opening);
  return { kind, frozen, age, next: { bars, time: opening + intervalMs } };
}

function driftOf(window: number, horizon: number, { markets, band }: Summary['genesis'], { forecasts, closes }: Recent) {
  return markets.map((market, m) => ({
    market,
    ...measureDrift({ forecast: forecasts[m]!, close: closes[m]!, horizon }, band, window),
  }));
}

/** NaN as null. */
function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
