/** How a rate is called where one is expected. */
export const RATE_WORDS = 'a rate with its unit';

const RATE = /^([+-]?(?:\d+\.?\d*|\.\d+))\s*(%|bp)$/;

/** The text of a rate, for editors. */
export const RATE_PATTERN = RATE.source;

/**
 * The fraction a rate with its unit stands for: `0.1%` is 0.001, `5bp` 0.0005; undefined for anything else. The decimal point is moved in
 * the text, so the result is the nearest number to what was written.
 */
export function parseRate(text: string): number | undefined {
  const [, digits, unit] = RATE.exec(text.trim()) ?? [];
  if (digits === undefined) return undefined;
  return Number(`${digits}e${unit === '%' ? -2 : -4}`);
}

/** The two things a bare number could mean where a rate is expected: `0.1` is `0.1%` or `10%`. */
export function rateReadings(value: number): readonly [string, string] {
  return [`${value}%`, `${Number((value * 100).toPrecision(12))}%`];
}
