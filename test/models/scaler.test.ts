import { describe, expect, it } from 'vitest';
import { fitScaler, scaleRows } from '../../src/models/scaler.ts';

// Columns 1..5 and 10, 10, 10, 10, 10, row-major.
const values = Float64Array.from([1, 10, 2, 10, 3, 10, 4, 10, 5, 10]);

describe('scalers', () => {
  it('standard: mean and population deviation, 1 where there is no spread (scikit-learn StandardScaler)', () => {
    const scaler = fitScaler('standard', values, 2, 0, 5);
    expect(scaler.offset).toEqual([3, 10]);
    expect(scaler.scale[0]).toBeCloseTo(Math.SQRT2, 15);
    expect(scaler.scale[1]).toBe(1);
    expect(scaleRows(scaler, values, 4, 5)).toEqual(Float32Array.of(2 / Math.SQRT2, 0));
  });

  it('minmax: to 0 and 1 on the rows it was fitted on, beyond on others', () => {
    const scaler = fitScaler('minmax', values, 2, 0, 3);
    expect([...scaleRows(scaler, values, 0, 5)].filter((_, k) => k % 2 === 0)).toEqual([0, 0.5, 1, 1.5, 2]);
  });

  it('robust: median and interquartile range (scikit-learn RobustScaler)', () => {
    expect(fitScaler('robust', values, 2, 0, 5)).toEqual({ kind: 'robust', offset: [3, 10], scale: [2, 1] });
  });

  it('none: as it is', () => {
    expect([...scaleRows(fitScaler('none', values, 2, 0, 5), values, 1, 2)]).toEqual([2, 10]);
  });

  it('takes equal values with rounding errors for a column without spread', () => {
    const same = new Float64Array(7).fill(0.1);
    expect(fitScaler('standard', same, 1, 0, 7).scale).toEqual([1]);
  });

  it('does not look beyond the rows it is fitted on', () => {
    const wild = values.slice();
    wild.set([1e9, -1e9], 8);
    expect(fitScaler('standard', wild, 2, 0, 4)).toEqual(fitScaler('standard', values, 2, 0, 4));
  });
});
