import { type Bars, createBars } from '../core/bars.ts';
import { createRandom, deriveSeed } from '../core/random.ts';

/** The price before the first bar, in quote currency. */
const FIRST_PRICE = 100;
const TYPICAL_VOLUME = 1000;

/**
 * Bars whose closes follow the given log returns.
 *
 * Each bar opens at the close before. Its high and low are the extremes of a Brownian bridge from open to close with the deviation
 * `volatility` (per bar, log): with r the return and U uniform, (r +- sqrt(r^2 - 2 volatility^2 ln U)) / 2, high and low drawn
 * independently (Glasserman 2003, section 6.4). Volumes are lognormal, independent of everything. Bar i depends on returns 0..i only.
 */
export function candles(
  market: string,
  returns: Float64Array,
  options: { readonly intervalMs: number; readonly start: number; readonly seed: number; readonly volatility: number },
): Bars {
  const { intervalMs, start, volatility } = options;
  const range = createRandom(deriveSeed(options.seed, 'range'));
  const activity = createRandom(deriveSeed(options.seed, 'volume'));
  const length = returns.length;
  const column = () => new Float64Array(length);
  const columns = { openTime: column(), open: column(), high: column(), low: column(), close: column(), volume: column() };
  const spread = 2 * volatility * volatility;
  let price = FIRST_PRICE;
  for (let i = 0; i < length; i++) {
    const move = returns[i]!;
    const open = price;
    price = open * Math.exp(move);
    const up = (move + Math.sqrt(move * move - spread * Math.log(1 - range.uniform()))) / 2;
    const down = (move - Math.sqrt(move * move - spread * Math.log(1 - range.uniform()))) / 2;
    columns.openTime[i] = start + i * intervalMs;
    columns.open[i] = open;
    columns.high[i] = Math.max(open, price, open * Math.exp(up));
    columns.low[i] = Math.min(open, price, open * Math.exp(down));
    columns.close[i] = price;
    columns.volume[i] = TYPICAL_VOLUME * Math.exp(0.5 * activity.normal());
  }
  return createBars(market, intervalMs, columns);
}
