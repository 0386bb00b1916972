import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  axisPercent,
  basisPoints,
  coefficient,
  count,
  counted,
  limitPercent,
  loss,
  moment,
  money,
  percent,
  price,
  pValue,
  quantity,
  ratio,
  seconds,
  share,
} from '../../src/report/format.ts';

describe('a number in print', () => {
  it.each([
    [percent(0.1234), '+12.3%'],
    [percent(-0.0353), '-3.53%'],
    [percent(0), '0.00%'],
    [percent(42.55), '+4,255%'],
    [percent(0.00042), '+0.042%'],
    [share(0.5), '50.0%'],
    [share(0.000004), '0.00040%'],
    [percent(-6.7e-11), '0.00%'],
    [percent(6.7e-11), '0.00%'],
    [limitPercent(0.10425800670286939), '10.43%'],
    [limitPercent(0.2), '20%'],
    [limitPercent(0), '0%'],
    [limitPercent(-6.7e-11), '0%'],
    [limitPercent(0.000123456), '0.01235%'],
    [axisPercent(-0.05), '-5%'],
    [axisPercent(0.0025), '0.25%'],
    [basisPoints(0.0002), '2bp'],
    [money(1234567.891), '1,234,568'],
    [money(-12345.678), '-12,345.68'],
    [price(42_000), '42,000.00'],
    [price(0.000012345), '0.000012345'],
    [quantity(0.2), '0.2'],
    [quantity(1234567), '1,234,567'],
    [ratio(-0.001), '0.00'],
    [coefficient(0.98712), '0.9871'],
    [loss(0.00012345), '0.000123'],
    [count(20000), '20,000'],
    [pValue(0.0009), '<0.001'],
    [pValue(0.0504), '0.050'],
    [seconds(0.421), '0.42 s'],
    [counted(1, 'trial'), '1 trial'],
    [counted(2, 'trial'), '2 trials'],
    [moment('2024-01-31T16:00:00.000Z'), '2024-01-31 16:00'],
  ])('is %s where %s is expected', (printed, expected) => expect(printed).toBe(expected));

  it('is a dash where nothing is known', () => {
    for (const print of [
      percent,
      share,
      limitPercent,
      axisPercent,
      basisPoints,
      money,
      price,
      quantity,
      ratio,
      coefficient,
      loss,
      count,
      pValue,
      seconds,
    ]) {
      for (const unknown of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) expect(print(unknown)).toBe('-');
    }
    expect(moment(null)).toBe('-');
  });

  it('never shows a negative zero, an exponent or a sign that its digits do not carry', () => {
    const prints = [percent, share, money, price, quantity, ratio, coefficient, count];
    fc.assert(
      fc.property(fc.double({ min: -1e12, max: 1e12, noNaN: true }), (value) => {
        for (const print of prints) expect(print(value)).toMatch(/^(0(\.0+)?|[+-]?(?=[^1-9]*[1-9])\d{1,3}(,\d{3})*(\.\d+)?)%?$/);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('says the same number when its separators are taken out', () => {
    fc.assert(
      fc.property(fc.integer({ min: -99_999_999, max: 99_999_999 }), (cents) => {
        expect(Number(money(cents / 100).replaceAll(',', ''))).toBe(cents / 100);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
