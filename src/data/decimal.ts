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
/** Digits behind the exact ones that a second number takes: 15 or 16 and 6 stay below 10^22, where splitting them is exact. */
const LOW_DIGITS = 6;
/** 2^27 + 1, which cuts a 64-bit float into two halves whose products are exact (Dekker 1971). */
const SPLITTER = 134_217_729;
/** Larger than the relative error of the correction below by some factors of two. */
const DOUBT = 2 ** -48;

/**
 * The number written in ASCII in `bytes[start..end)`: sign, digits, point, exponent; nothing else (no hex, no `Infinity`, no blanks).
 * Correctly rounded, that is, equal to `Number(text)`. NaN where it is no such number.
 */
export function parseDecimal(bytes: Buffer, start: number, end: number): number {
  let at = start;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at++;
  const first = at;
  let point = -1;
  let high = 0;
  let low = 0;
  let lowDigits = 0;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= ZERO && byte <= NINE) {
      if (lowDigits === 0 && high <= EXACT_DIGITS) high = high * 10 + (byte - ZERO);
      else {
        low = low * 10 + (byte - ZERO);
        lowDigits++;
      }
    } else if (byte === POINT && point < 0) point = at;
    else break;
  }
  if (at - first === (point < 0 ? 0 : 1)) return Number.NaN;
  let exponent = point < 0 ? 0 : point + 1 - at;
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
  let size = Number.NaN;
  if (exponent >= -22 && exponent <= 22) {
    if (lowDigits === 0) size = exponent < 0 ? high / EXACT_POWERS[-exponent]! : high * EXACT_POWERS[exponent]!;
    else if (lowDigits <= LOW_DIGITS && exponent <= 0) size = quotient(high, EXACT_POWERS[lowDigits]!, low, EXACT_POWERS[-exponent]!);
  }
  if (Number.isNaN(size)) return Number(bytes.toString('latin1', start, end));
  return negative ? -size : size;
}

/**
 * (high x scale + low) / divisor, correctly rounded, or NaN where rounding cannot be decided by 64-bit floats. The dividend is held as
 * two floats whose sum is exact, the quotient is corrected by its exact remainder, and is certain where a slightly smaller and a
 * slightly larger correction agree (Ziv 1991).
 */
function quotient(high: number, scale: number, low: number, divisor: number): number {
  const size = high * scale;
  const rest = productError(high, scale, size) + low;
  const estimate = size / divisor;
  const back = estimate * divisor;
  const correction = (size - back - productError(estimate, divisor, back) + rest) / divisor;
  const smaller = estimate + correction * (1 - DOUBT);
  return smaller === estimate + correction * (1 + DOUBT) ? smaller : Number.NaN;
}

/** a x b - product, exactly, where `product` is a x b rounded. */
function productError(a: number, b: number, product: number): number {
  const cutA = a * SPLITTER;
  const highA = cutA - (cutA - a);
  const lowA = a - highA;
  const cutB = b * SPLITTER;
  const highB = cutB - (cutB - b);
  const lowB = b - highB;
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB);
}
