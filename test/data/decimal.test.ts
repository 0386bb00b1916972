import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDecimal } from '../../src/data/decimal.ts';

const parse = (text: string) => parseDecimal(Buffer.from(text), 0, text.length);

describe('a decimal number', () => {
  test('is read as JavaScript reads it, whatever finite number is printed', () => {
    const anyNumber = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(anyNumber, (value) => Object.is(parse(value === 0 ? '0' : String(value)), value === 0 ? 0 : value)),
      { seed: 1, numRuns: 5000 },
    );
  });

  test('is read as JavaScript reads it, in any spelling with digits, point and exponent', () => {
    const spelling = fc
      .tuple(
        fc.constantFrom('', '-', '+'),
        fc.stringMatching(/^\d{1,25}$/),
        fc.stringMatching(/^(\.\d{0,25})?$/),
        fc.integer({ min: -330, max: 310 }),
      )
      .map(([sign, whole, fraction, exponent]) => `${sign}${whole}${fraction}${exponent % 3 === 0 ? '' : `e${exponent}`}`);
    fc.assert(
      fc.property(spelling, (text) => {
        expect(parse(text)).toBe(Number(text));
      }),
      { seed: 1, numRuns: 5000 },
    );
  });

  test('is read as JavaScript reads it with 17 to 22 digits, also halfway between two numbers', () => {
    const long = fc
      .tuple(fc.stringMatching(/^[1-9]\d{16,21}$/), fc.nat(22))
      .map(
        ([digits, places]) =>
          `${digits.slice(0, Math.max(1, digits.length - places))}.${digits.slice(Math.max(1, digits.length - places))}`,
      );
    fc.assert(
      fc.property(long, (text) => {
        expect(parse(text)).toBe(Number(text));
      }),
      { seed: 1, numRuns: 5000 },
    );
    // Whole numbers between 2^53 and 2^57 with all their halfway points.
    const halfway = fc
      .tuple(fc.bigInt(2n ** 52n, 2n ** 53n - 1n), fc.constantFrom(2n, 4n, 8n, 16n))
      .map(([odd, scale]) => (2n * odd + 1n) * (scale / 2n));
    fc.assert(
      fc.property(halfway, fc.constantFrom(-1n, 0n, 1n), (whole, step) => {
        const text = `${whole + step}.0`;
        expect(parse(text)).toBe(Number(text));
      }),
      { seed: 1, numRuns: 5000 },
    );
  });

  test.each(['.5', '5.', '0.1', '1E3', '123456789012345678', '9007199254740993', '0.30000000000000004', '4.9e-324'])(
    'may be spelled %s',
    (text) => {
      expect(parse(text)).toBe(Number(text));
    },
  );

  test.each(['', '.', '-', '1e', '1e+', 'NaN', 'Infinity', 'null', '0x10', '1,5', '1_000', '1 2', '--1', '1.2.3', '1e5.5', 'abc'])(
    'is not spelled %j',
    (text) => {
      expect(parse(text)).toBeNaN();
    },
  );
});
