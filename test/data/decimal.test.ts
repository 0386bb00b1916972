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
