import { fraction } from '../config/options.ts';
import type { LoadedBot } from '../config.ts';
import type { Axis } from './grid.ts';

const FEES = ['0%', '0.01%', '0.02%', '0.03%', '0.05%', '0.075%', '0.1%', '0.15%', '0.2%', '0.3%', '0.5%', '1%'];
const SLIPPAGES = ['0bp', '1bp', '2bp', '5bp', '10bp', '20bp', '50bp'];
/** What the bot's own threshold is multiplied with. */
const MULTIPLES = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
/** Thresholds for a bot whose own one is 0, so that multiples of it would all be the same. */
const THRESHOLDS = ['0%', '0.02%', '0.05%', '0.1%', '0.2%', '0.3%', '0.5%', '0.75%', '1%', '1.5%', '2%', '3%'];

/** The axes of `--sweep costs`: the entry threshold of a threshold strategy, else the slippage; by the fee, maker and taker alike. */
export function costAxes({ config: { strategy } }: LoadedBot): readonly [Axis, Axis] {
  const fees: Axis = { path: 'costs.taker', also: ['costs.maker'], values: FEES };
  if (strategy.kind !== 'threshold') return [{ path: 'costs.slippage', values: SLIPPAGES }, fees];
  const enter = fraction(strategy.enter);
  // Twelve digits are more than anyone writes, and none of them is rounding.
  const multiples = MULTIPLES.map((multiple) => `${Number((100 * enter * multiple).toPrecision(12))}%`);
  return [{ path: 'strategy.enter', values: enter > 0 ? multiples : THRESHOLDS }, fees];
}
