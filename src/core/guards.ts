import type { Book } from './account.ts';
import type { Bars } from './bars.ts';
import { HOLD, Reason, type ReasonCode } from './policy.ts';
import { positionGuards } from './protection.ts';
import type { LimitGuards, PositionGuards, Rules } from './rules.ts';
import type { Event, GuardName, State } from './trace.ts';

const DAY = 86_400_000;

/** What a target becomes, and why; one object is reused. */
export interface Verdict {
  target: number;
  reason: ReasonCode;
}

/** The guards of a run: what they remember is part of State. */
export interface Guarding {
  /** Takes note of the account at a close (ms UTC), before anything is decided; `present` says which markets have a bar. */
  see(time: number, equity: number, present: (market: number) => boolean): void;
  /** Puts a market's wish (`verdict`, exposure as a fraction of equity) under its guards, at `row`, with the exposure held. */
  judge(market: number, row: number, time: number, exposure: number, verdict: Verdict): void;
  /** What keeps a market from entering anything at `row`. */
  keepsOut(market: number, row: number): GuardName | undefined;
  /** Most exposure of the account as the sum of sizes; Infinity without a guard. */
  readonly most: number;
  /** Notes that the account's limit on exposure acts, or that it no longer does. */
  limit(acts: boolean, time: number): void;
  snapshot(): State['guards'];
}

// What one account or market remembers, by place.
const PEAK = 0;
const PEAK_BASE = 1;
const DAY_NUMBER = 2;
const DAY_VALUE = 3;
const DAY_BASE = 4;
const LAST_VALUE = 5;
const LAST_BASE = 6;
/** Closes left for which nothing is entered; -1 until it is reset. */
const DRAWDOWN_HALT = 7;
const LOSSES_HALT = 8;
const DAY_HALT = 9;
/** Losing round trips that were answered by a halt already. */
const LOSSES_SEEN = 10;
/** The reason by which an entry was held back at the last close, or 0. */
const HELD_BACK = 11;
const WIDTH = 12;

/** Levels of positions are looked at where orders meet bars; all other guards at the closes. */
const LEVELS = ['stopLoss', 'takeProfit', 'trailingStop'];

/** Whether any guard looks at decisions. */
export function hasGuards({ guards = {}, marketGuards = {} }: Rules): boolean {
  return [guards, ...Object.values(marketGuards)].some((own) => Object.keys(own).some((name) => !LEVELS.includes(name)));
}

export function createGuards(
  rules: Rules,
  markets: readonly Bars[],
  book: Book,
  events: Event[],
  state: State['guards'] | undefined,
): Guarding {
  const account: LimitGuards = rules.guards ?? {};
  const limits: readonly LimitGuards[] = markets.map(({ market }) => rules.marketGuards?.[market] ?? {});
  const positions: readonly PositionGuards[] = markets.map(({ market }) => positionGuards(rules, market));
  const memory = [...markets.map(({ market }) => read(market, 0)), read('', rules.capital)];
  const own = memory[markets.length]!;
  const most = account.maxExposure ?? Infinity;

  return {
    most,
    see(time, equity, present) {
      watch(own, account, null, time, equity, equity, book.losses);
      for (let m = 0; m < markets.length; m++) {
        if (present(m)) watch(memory[m]!, limits[m]!, markets[m]!.market, time, book.profit(m), equity, book.marketLosses[m]!);
      }
    },
    judge(m, row, time, exposure, verdict) {
      const place = memory[m]!;
      const guards = positions[m]!;
      const held = exposure !== 0;
      const leave = (reason: ReasonCode, guard: GuardName, words: string) => {
        verdict.target = 0;
        verdict.reason = reason;
        note(place, m, time, reason, guard, words);
      };
      if (held && drained(own)) return leave(Reason.drawdownHalt, 'maxDrawdown', 'the position is given up');
      if (held && drained(place)) return leave(Reason.drawdownHalt, 'maxDrawdown', 'the position is given up');
      if (held && (own[DAY_HALT] === 1 || place[DAY_HALT] === 1))
        return leave(Reason.dailyLossHalt, 'dailyLoss', 'the position is given up');
      if (held && guards.timeStop !== undefined && book.barsHeld[m]! >= guards.timeStop) {
        return leave(Reason.timeStop, 'timeStop', `held for ${counted(book.barsHeld[m]!, 'bar')}`);
      }
      const silent = Number.isNaN(verdict.target);
      if (held && silent && verdict.reason === Reason.noForecast && guards.expiredModel === 'flat') {
        return leave(Reason.expiredModel, 'expiredModel', 'no forecast is known any more');
      }
      const entering =
        !silent && verdict.target !== 0 && (!held || verdict.target * exposure < 0 || Math.abs(verdict.target) > Math.abs(exposure));
      const blocked = entering ? blockOf(m, row, place, exposure, verdict.target) : undefined;
      if (blocked) {
        // What is held may stay; a turn to the other side is its exit alone.
        verdict.target = held && verdict.target * exposure > 0 ? HOLD : 0;
        verdict.reason = blocked.reason;
        note(place, m, time, blocked.reason, blocked.guard, 'nothing is entered');
        return;
      }
      const limit = limits[m]!.maxExposure;
      const size = Math.abs(silent ? exposure : verdict.target);
      if (limit !== undefined && size > limit * (1 + 1e-12) + (silent ? rules.band : 0)) {
        verdict.target = (silent ? Math.sign(exposure) : Math.sign(verdict.target)) * limit;
        if (silent) verdict.reason = Reason.exposureLimit;
        note(place, m, time, Reason.exposureLimit, 'maxExposure', `limited to ${limit} of equity`);
        return;
      }
      if (place[HELD_BACK] !== 0 && !silent) release(place, markets[m]!.market, time);
    },
    keepsOut: (m, row) => blockOf(m, row, memory[m]!, 0, 0)?.guard,
    limit(acts, time) {
      if (acts && own[HELD_BACK] === 0) {
        own[HELD_BACK] = Reason.exposureLimit;
        events.push({
          kind: 'guard',
          time,
          market: null,
          guard: 'maxExposure',
          action: 'acts',
          reason: `the sum of exposures is limited to ${most} of equity`,
        });
      } else if (!acts && own[HELD_BACK] !== 0) release(own, null, time);
    },
    snapshot: () =>
      Object.fromEntries(
        [...markets.map(({ market }) => market), ''].map((name, k) => [name, Array.from(memory[k]!, (value) => value + 0)]),
      ),
  };

  function read(name: string, start: number): Float64Array {
    const kept = state?.[name];
    if (state && kept?.length !== WIDTH)
      throw new TypeError(
        `Expected ${WIDTH} numbers of guards for ${name || 'the account'} in the state, received ${kept?.length ?? 'none'}`,
      );
    if (kept) return Float64Array.from(kept);
    const place = new Float64Array(WIDTH);
    place[PEAK] = start;
    place[LAST_VALUE] = start;
    for (const base of [PEAK_BASE, LAST_BASE]) place[base] = rules.capital;
    place[DAY_NUMBER] = -1;
    return place;
  }

  /** A value (equity, or a market's profit) and the equity that its falls are fractions of. */
  function watch(
    place: Float64Array,
    guards: LimitGuards,
    market: string | null,
    time: number,
    value: number,
    equity: number,
    losses: number,
  ): void {
    const { maxDrawdown, dailyLoss, losses: losing } = guards;
    const event = (guard: GuardName, action: 'acts' | 'ends', reason: string) =>
      events.push({ kind: 'guard', time, market, guard, action, reason });
    if (maxDrawdown) {
      if (place[DRAWDOWN_HALT]! > 0) {
        place[DRAWDOWN_HALT]! -= 1;
        if (place[DRAWDOWN_HALT] === 0) {
          place[PEAK] = value;
          place[PEAK_BASE] = equity;
          event('maxDrawdown', 'ends', `after ${counted(maxDrawdown.pause!, 'bar')}`);
        }
      }
      if (value > place[PEAK]!) {
        place[PEAK] = value;
        place[PEAK_BASE] = equity;
      }
      const fall = (place[PEAK]! - value) / place[PEAK_BASE]!;
      if (place[DRAWDOWN_HALT] === 0 && fall >= maxDrawdown.limit) {
        place[DRAWDOWN_HALT] = maxDrawdown.pause ?? -1;
        event('maxDrawdown', 'acts', `a fall of ${fall} from the highest value`);
      }
    }
    if (dailyLoss !== undefined) {
      // A close at midnight belongs to the day that it ends.
      const day = Math.floor((time - 1) / DAY);
      if (day !== place[DAY_NUMBER]) {
        place[DAY_NUMBER] = day;
        place[DAY_VALUE] = place[LAST_VALUE]!;
        place[DAY_BASE] = place[LAST_BASE]!;
        if (place[DAY_HALT] === 1) event('dailyLoss', 'ends', 'a new day');
        place[DAY_HALT] = 0;
      }
      const loss = (place[DAY_VALUE]! - value) / place[DAY_BASE]!;
      if (place[DAY_HALT] === 0 && loss >= dailyLoss) {
        place[DAY_HALT] = 1;
        event('dailyLoss', 'acts', `a loss of ${loss} since the day before`);
      }
      place[LAST_VALUE] = value;
      place[LAST_BASE] = equity;
    }
    if (losing) {
      if (place[LOSSES_HALT]! > 0) {
        place[LOSSES_HALT]! -= 1;
        if (place[LOSSES_HALT] === 0) event('losses', 'ends', `after ${counted(losing.pause!, 'bar')}`);
      }
      if (losses < place[LOSSES_SEEN]!) place[LOSSES_SEEN] = 0;
      if (place[LOSSES_HALT] === 0 && losses - place[LOSSES_SEEN]! >= losing.limit) {
        place[LOSSES_HALT] = losing.pause ?? -1;
        place[LOSSES_SEEN] = losses;
        event('losses', 'acts', `${counted(losses, 'losing round trip')} in a row`);
      }
    }
  }

  function drained(place: Float64Array): boolean {
    return place[DRAWDOWN_HALT] !== 0;
  }

  /** Why nothing is entered in a market now. */
  function blockOf(
    m: number,
    row: number,
    place: Float64Array,
    exposure: number,
    target: number,
  ): { readonly reason: ReasonCode; readonly guard: GuardName } | undefined {
    const { cooldown, staleData } = positions[m]!;
    if (drained(own) || drained(place)) return { reason: Reason.drawdownHalt, guard: 'maxDrawdown' };
    if (own[DAY_HALT] === 1 || place[DAY_HALT] === 1) return { reason: Reason.dailyLossHalt, guard: 'dailyLoss' };
    if (own[LOSSES_HALT] !== 0 || place[LOSSES_HALT] !== 0) return { reason: Reason.lossesHalt, guard: 'losses' };
    const turning = target * exposure < 0;
    if (cooldown !== undefined && (turning || (book.sinceExit[m]! >= 0 && book.sinceExit[m]! <= cooldown)))
      return { reason: Reason.cooldown, guard: 'cooldown' };
    if (staleData !== undefined && stale(markets[m]!, row, staleData)) return { reason: Reason.staleData, guard: 'staleData' };
    return undefined;
  }

  function note(place: Float64Array, m: number, time: number, reason: ReasonCode, guard: GuardName, words: string): void {
    if (place[HELD_BACK] === reason) return;
    place[HELD_BACK] = reason;
    events.push({ kind: 'guard', time, market: markets[m]!.market, guard, action: 'acts', reason: words });
  }

  function release(place: Float64Array, market: string | null, time: number): void {
    const guard = GUARD_OF[place[HELD_BACK]!]!;
    place[HELD_BACK] = 0;
    events.push({ kind: 'guard', time, market, guard, action: 'ends', reason: 'no longer held back' });
  }
}

const GUARD_OF: Readonly<Record<number, GuardName>> = {
  [Reason.drawdownHalt]: 'maxDrawdown',
  [Reason.dailyLossHalt]: 'dailyLoss',
  [Reason.lossesHalt]: 'losses',
  [Reason.exposureLimit]: 'maxExposure',
  [Reason.cooldown]: 'cooldown',
  [Reason.timeStop]: 'timeStop',
  [Reason.staleData]: 'staleData',
  [Reason.expiredModel]: 'expiredModel',
};

/** Whether a bar comes after a gap of more than `bars` bars, or none of the last `bars` ones traded. */
function stale({ openTime, intervalMs, volume }: Bars, row: number, bars: number): boolean {
  if (row > 0 && openTime[row]! - openTime[row - 1]! > bars * intervalMs) return true;
  if (row + 1 < bars) return false;
  for (let k = 0; k < bars; k++) if (volume[row - k]! > 0) return false;
  return true;
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
