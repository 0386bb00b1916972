const ZERO = 48;
const NINE = 57;
const MINUS = 45;
const PLUS = 43;
const POINT = 46;
const LARGE_E = 69;
const SMALL_E = 101;

/** Powers of ten that a 64-bit float holds exactly: one rounding by one of them is the correctly rounded result (Clinger 1990). */
const EXACT_POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Every whole number up to this times ten plus nine is below 2^53, so digits add up exactly. */
const EXACT_DIGITS = 900_719_925_474_098;

/**
 * The number written in ASCII in `bytes[start..end)`: sign, digits, point, exponent; nothing else (no hex, no `Infinity`, no blanks).
 * Correctly rounded, that is, equal to `Number(text)`. NaN where it is no such number.
 */
export function parseDecimal(bytes: Buffer, start: number, end: number): number {
  let at = start;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at++;
  let digits = 0;
  let mantissa = 0;
  let exponent = 0;
  let exact = true;
  let afterPoint = false;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= ZERO && byte <= NINE) {
      digits++;
      if (mantissa > EXACT_DIGITS) exact = false;
      mantissa = mantissa * 10 + (byte - ZERO);
      if (afterPoint) exponent--;
    } else if (byte === POINT && !afterPoint) afterPoint = true;
    else break;
  }
  if (digits === 0) return Number.NaN;
  if (at < end) {
    if (bytes[at] !== SMALL_E && bytes[at] !== LARGE_E) return Number.NaN;
    at++;
    const negativeExponent = bytes[at] === MINUS;
    if (negativeExponent || bytes[at] === PLUS) at++;
    if (at >= end) return Number.NaN;
    let written = 0;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte < ZERO || byte > NINE) return Number.NaN;
      written = written * 10 + (byte - ZERO);
    }
    exponent += negativeExponent ? -written : written;
  }
  if (!exact || exponent < -22 || exponent > 22) return Number(bytes.toString('latin1', start, end));
  const size = exponent < 0 ? mantissa / EXACT_POWERS[-exponent]! : mantissa * EXACT_POWERS[exponent]!;
  return negative ? -size : size;
}
