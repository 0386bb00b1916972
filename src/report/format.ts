/** How numbers are printed, in one place. Fractions come in, percents go out; `null` and what is not finite print as `-`. */

type Figure = number | null | undefined;

export const NONE = '-';
/** Percents below this are what rounding leaves of nothing, and print as zero. */
const NOTHING = 0.0001;

/** A fraction as a signed percent, such as `+12.3%`. */
export function percent(fraction: Figure): string {
  const text = share(fraction);
  return typeof fraction === 'number' && fraction > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** A fraction as a percent without a plus sign, such as `52.1%`. */
export function share(fraction: Figure): string {
  if (!known(fraction)) return NONE;
  const value = fraction * 100;
  const size = Math.abs(value);
  return `${fixed(value, size >= 1000 ? 0 : size >= 10 ? 1 : size >= 0.1 || size < NOTHING ? 2 : significant(size, 2))}%`;
}

/** A limit, or what was measured against one, as a percent of four significant digits at most, without padding: `12.55%`, `20%`. */
export function limitPercent(fraction: Figure): string {
  if (!known(fraction)) return NONE;
  const value = fraction * 100;
  return `${trimmed(fixed(value, Math.abs(value) < NOTHING ? 0 : significant(Math.abs(value), 4)))}%`;
}

/** A fraction as a percent on an axis, without padding: `-5%`, `0.25%`. */
export function axisPercent(fraction: Figure): string {
  return known(fraction) ? `${trimmed(fixed(fraction * 100, 4))}%` : NONE;
}

/** A fraction in basis points, such as `2bp`. */
export function basisPoints(fraction: Figure): string {
  return known(fraction) ? `${Number((fraction * 10_000).toFixed(2))}bp` : NONE;
}

/** An amount of quote currency, such as `12,345.67`. */
export function money(value: Figure): string {
  return known(value) ? fixed(value, Math.abs(value) >= 1_000_000 ? 0 : 2) : NONE;
}

/** A price in quote currency: five significant digits, at least two decimals. */
export function price(value: Figure): string {
  return known(value) ? fixed(value, Math.max(2, significant(Math.abs(value), 5))) : NONE;
}

/** An amount of base units: six significant digits, without trailing zeros. */
export function quantity(value: Figure): string {
  return known(value) ? trimmed(fixed(value, significant(Math.abs(value), 6))) : NONE;
}

/** A ratio such as Sharpe's: two decimals. */
export function ratio(value: Figure): string {
  return known(value) ? fixed(value, 2) : NONE;
}

/** A coefficient such as R2: four decimals. */
export function coefficient(value: Figure): string {
  return known(value) ? fixed(value, 4) : NONE;
}

/** A loss, which has no natural size: three significant digits. */
export function loss(value: Figure): string {
  return known(value) ? fixed(value, significant(Math.abs(value), 3)) : NONE;
}

/** A whole number with thousands separators. */
export function count(value: Figure): string {
  return known(value) ? fixed(value, 0) : NONE;
}

/** A count and its noun: `1 trial`, `2 trials`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** A p-value, `<0.001` where it is smaller than that. */
export function pValue(value: Figure): string {
  if (!known(value)) return NONE;
  return value < 0.001 ? '<0.001' : value.toFixed(3);
}

/** Seconds of work: `0.42 s`, `75 s`. */
export function seconds(value: Figure): string {
  return known(value) ? `${fixed(value, value >= 10 ? 0 : 2)} s` : NONE;
}

/** `2024-01-31` of an ISO 8601 instant. */
export function day(iso: string): string {
  return iso.slice(0, 10);
}

/** `2024-01-31 16:00` (UTC) of an ISO 8601 instant. */
export function moment(iso: string | null): string {
  return iso === null ? NONE : iso.slice(0, 16).replace('T', ' ');
}

/** Why a guard acted, its limits and measured falls as percents: `a loss of 10.43% since the day before`. Counts stay as they are. */
export function guardReason(reason: string): string {
  return reason.replace(/(?<=\b(?:limited to|fall of|loss of) )-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.%])/g, (fraction) =>
    limitPercent(Number(fraction)),
  );
}

function known(value: Figure): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Decimals that leave `digits` significant ones, between 0 and 12. */
function significant(size: number, digits: number): number {
  return size === 0 ? 0 : Math.min(12, Math.max(0, digits - 1 - Math.floor(Math.log10(size))));
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Decimals and thousands separators; written out, since a locale's tables differ between builds of Node. A rounded zero has no sign. */
function fixed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  const [whole = '', decimals] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const sign = value < 0 && /[1-9]/.test(text) ? '-' : '';
  return `${sign}${grouped}${decimals === undefined ? '' : `.${decimals}`}`;
}
