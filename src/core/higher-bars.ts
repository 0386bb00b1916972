import { firstAtOrAfter } from './ascending.ts';
import { type Bars, sliceBars } from './bars.ts';
import { growBars, grows, kept, remembered } from './growth.ts';
import { checkHigherInterval, type Resampled, resample } from './resample.ts';

/**
 * What `resample` gives, the last bar left out where bars grow and it is still forming, which `asOf` never reads: the closed ones then grow
 * themselves, so that columns of them are kept. Throws a TypeError as `resample` does.
 */
export function higherBars(bars: Bars, interval: number): Resampled {
  if (!grows(bars)) return resample(bars, interval);
  checkHigherInterval(interval, bars.intervalMs);
  const { higher } = remembered(bars, `higher ${interval}`, () => ({
    higher: growBars({ ...sliceBars(bars, 0, 0), intervalMs: interval }),
  }));
  const fill = ([column]: readonly Int32Array[], from: number) => {
    const known = from > 0 ? column![from - 1]! : 0;
    // Where so many were first closed: at the last row of the bar before the forming one, or at its own first. It alone is made again.
    const start = firstAtOrAfter(column!.subarray(0, from), known);
    const again = resample(sliceBars(bars, start, bars.length), interval);
    const before = from > 0 ? known - again.closed[from - 1 - start]! : 0;
    for (let row = from; row < bars.length; row++) column![row] = before + again.closed[row - start]!;
    const { openTime, open, high, low, close, volume } = again.bars;
    for (let k = higher.view().length - before; k < column![bars.length - 1]! - before; k++) {
      higher.append({ openTime: openTime[k]!, open: open[k]!, high: high[k]!, low: low[k]!, close: close[k]!, volume: volume[k]! });
    }
  };
  const [closed] = kept(bars, `closed ${interval}`, [1], fill, (length) => new Int32Array(length));
  return { bars: higher.view(), closed: closed! };
}
