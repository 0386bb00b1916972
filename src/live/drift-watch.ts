import { isoInstant } from '../core/instant.ts';
import { share } from '../report/format.ts';
import { type Drift, type DriftMeasure, measureDrift } from './drift.ts';
import type { DriftBand, Message } from './session.ts';

/** What a drift is about. */
export interface DriftPlace {
  readonly market: string;
  /** The last close that was scored, ms UTC. */
  readonly time: number;
  readonly band: DriftBand;
}

/** What a person is told when an alarm begins; undefined while there is none, and while one that was told goes on. */
export function driftAlarm(before: boolean, drift: Drift, { market, time, band }: DriftPlace): Message | undefined {
  if (before || !drift.alarm) return undefined;
  const words = [
    measureWords('RMSE', drift.rmse, band.rmse),
    measureWords('direction accuracy', drift.directionAccuracy, band.directionAccuracy),
  ].filter((one) => one !== undefined);
  return {
    id: `drift:${market}:${isoInstant(time)}`,
    time,
    kind: 'alert',
    text: `${market}: the forecasts of the last ${drift.bars} bars are worse than in any of the ${band.folds} folds of ${band.run}: ${words.join(', ')}`,
  };
}

/** Whether the figures themselves are worse than in any fold: an alarm lasts until they are not, so that it does not come and go. */
function isWorse({ rmse, directionAccuracy }: Drift, band: DriftBand): boolean {
  return (rmse.value ?? 0) > band.rmse[1] || (directionAccuracy.value ?? 1) < band.directionAccuracy[0];
}

function measureWords(name: string, { value, place }: DriftMeasure, [low, high]: DriftBand['rmse']): string | undefined {
  if (place !== 'outside' || value === null) return undefined;
  return `${name} ${share(value)}, there ${share(low)} to ${share(high)}`;
}

/** Bars of one close: expected returns and closes, [market]; NaN where there is none. */
export interface Scored {
  readonly closeTime: number;
  readonly forecasts: readonly number[];
  readonly closes: readonly number[];
}

/** Follows the drift of a session's forecasts. */
export interface DriftWatch {
  /** Takes a decided slice in and gives the alarms that begin with it. */
  see(slice: Scored): readonly Message[];
}

export interface DriftWatchOptions {
  readonly markets: readonly string[];
  /** Bars that a forecast looks ahead. */
  readonly horizon: number;
  /** Without one nothing is ever told. */
  readonly band: DriftBand | null;
  /** Scored bars looked at: `schedule.retrain`. */
  readonly window: number;
  /** What was decided before, oldest first: an alarm that began with it is not told again. */
  readonly past: readonly Scored[];
}

export function createDriftWatch({ markets, horizon, band, window, past }: DriftWatchOptions): DriftWatch {
  // Gaps take room too; what is too old is dropped now and then.
  const length = 2 * (window + horizon);
  const slices: Scored[] = [];
  const alarmed = markets.map(() => false);

  function see(slice: Scored): readonly Message[] {
    if (!band) return [];
    slices.push(slice);
    if (slices.length > 2 * length) slices.splice(0, slices.length - length);
    return markets.flatMap((market, m) => {
      const column = (of: 'forecasts' | 'closes') => Float64Array.from(slices.slice(-length), (one) => one[of][m] ?? Number.NaN);
      const drift = measureDrift({ forecast: column('forecasts'), close: column('closes'), horizon }, band, window);
      const message = driftAlarm(alarmed[m]!, drift, { market, time: slice.closeTime, band });
      alarmed[m] = drift.alarm || (alarmed[m]! && isWorse(drift, band));
      return message ? [message] : [];
    });
  }

  for (const slice of past.slice(-2 * length)) see(slice);
  return { see };
}
