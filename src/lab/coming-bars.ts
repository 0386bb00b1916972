import { type Bars, sliceBars } from '../core/bars.ts';
import { type CalendarName, nextOpening } from '../core/calendar.ts';

/** What a model says of a bar that has not come yet; what it does not say is made of the closes. Prices in quote currency. */
export interface ForecastBar {
  readonly close: number;
  readonly high?: number | undefined;
  readonly low?: number | undefined;
}

/** Bars of a market, and behind them room for those that are forecast, one after another. */
export interface ComingBars {
  /** The bars there are and those forecast so far, as columns that end there. */
  known(): Bars;
  /** Puts a forecast bar behind the last one. */
  append(bar: ForecastBar): void;
}

/** A copy of the bars with room for `room` more; those of the market are not touched. */
export function comingBars(bars: Bars, calendar: CalendarName, room: number): ComingBars {
  const { market, intervalMs } = bars;
  const roomy = (column: Float64Array) => {
    const copy = new Float64Array(bars.length + room);
    copy.set(column);
    return copy;
  };
  const [openTime, open, high, low, close, volume] = [
    roomy(bars.openTime),
    roomy(bars.open),
    roomy(bars.high),
    roomy(bars.low),
    roomy(bars.close),
    roomy(bars.volume),
  ];
  const whole: Bars = { market, intervalMs, length: bars.length + room, openTime, open, high, low, close, volume };
  let length = bars.length;
  return {
    known: () => sliceBars(whole, 0, length),
    append(bar) {
      const last = length - 1;
      const opening = close[last]!;
      openTime[length] = nextOpening(calendar, intervalMs, openTime[last]!);
      open[length] = opening;
      close[length] = bar.close;
      // A high and a low that were forecast each by itself may contradict the close; no bar does.
      high[length] = Math.max(bar.high ?? bar.close, opening, bar.close);
      low[length] = Math.min(bar.low ?? bar.close, opening, bar.close);
      volume[length] = volume[last]!;
      length++;
    },
  };
}
