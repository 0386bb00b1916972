import { describe, expect, it } from 'vitest';
import { type QuantileOptions, quantile } from '../../src/strategies/quantile.ts';
import { decisions } from '../support/decisions.ts';

const NaN_ = Number.NaN;

/** Rows of lowest quantile, median, highest quantile, in percent. */
const on = (options: QuantileOptions, ...rows: (readonly [number, number, number])[]) =>
  decisions(quantile(options), {
    lower: rows.map(([lower]) => lower / 100),
    forecast: rows.map(([, median]) => median / 100),
    upper: rows.map(([, , upper]) => upper / 100),
  });

describe('the quantile policy', () => {
  it('is long only where even the lowest quantile pays for the round trip', () => {
    const { exposures, reasons } = on({ costs: 0.002 }, [-1, 2, 4], [0.2, 1, 2], [0.3, 1, 2], [0.3, 1, 2]);
    expect(exposures).toEqual([0, 0, 1, 1]);
    expect(reasons).toEqual(['belowThreshold', 'belowThreshold', 'enterLong', 'holding']);
  });

  it('stays while the median speaks for the position, however wide the interval grows, and leaves when it turns', () => {
    const { exposures, reasons } = on({ costs: 0.002 }, [0.3, 1, 2], [-5, 0.1, 9], [-5, 0, 9], [-5, 1, 9]);
    expect(exposures).toEqual([1, 1, 0, 0]);
    expect(reasons).toEqual(['enterLong', 'holding', 'exit', 'belowThreshold']);
  });

  it('is short where even the highest quantile does, and turns at once where the interval does', () => {
    const rows = [[-2, -1, -0.2] as const, [-2, -1, -0.3] as const, [-2, -0.1, 3] as const, [0.3, 1, 2] as const, [-2, -1, -0.3] as const];
    expect(on({ costs: 0.002, side: 'both' }, ...rows, [-1, 0, 1]).exposures).toEqual([0, -1, -1, 1, -1, 0]);
    expect(on({ costs: 0.002 }, ...rows).exposures).toEqual([0, 0, 0, 1, 0]);
  });

  it('leaves at the median it is told to', () => {
    expect(on({ costs: 0.002, exit: 0.001 }, [0.3, 1, 2], [-1, 0.11, 2], [-1, 0.1, 2]).exposures).toEqual([1, 1, 0]);
    expect(on({ costs: 0, exit: -0.001, side: 'both' }, [-2, -1, -0.3], [-2, 0.09, 1], [-2, 0.1, 1]).exposures).toEqual([-1, -1, 0]);
  });

  it('keeps what it holds where the model says nothing', () => {
    const { exposures, reasons } = on({ costs: 0 }, [NaN_, NaN_, NaN_], [1, 2, 3], [NaN_, NaN_, NaN_], [-1, -1, 1]);
    expect(exposures).toEqual([0, 1, 1, 0]);
    expect(reasons).toEqual(['noForecast', 'enterLong', 'noForecast', 'exit']);
  });

  it('refuses costs that are none, and an exit that an entry would already have reached', () => {
    expect(() => quantile({ costs: -0.001 })).toThrow('Expected costs >= 0 as a fraction of the price, received -0.001');
    expect(() => quantile({ costs: 0.001, exit: 0.002 })).toThrow('Expected exit <= costs (0.001), received 0.002');
  });
});
