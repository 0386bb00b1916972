import type { Rules } from '../core/rules.ts';

/** How a deviation of returns is measured: over the last `window` returns, or with weights that halve every `halfLife` bars. Default: 60 returns. */
export interface Memory {
  readonly window?: number;
  readonly halfLife?: number;
}

/**
 * How large a full position is. Fractions; every market's share of the account is 1 / number of markets, and `most` (default 1) limits a position to
 * so many shares. What cannot be told yet is NaN, and nothing is entered.
 */
export type Sizing =
  /** `of` the account (default 1), the same in every market. */
  | { readonly kind: 'fraction' | 'equal'; readonly of?: number }
  /** A fixed amount, quote; it keeps the quantity that it was entered with. */
  | { readonly kind: 'amount'; readonly amount: number }
  /** The share of the account that has the volatility `target`, a fraction a year: min(most, target / volatility) / markets. */
  | ({ readonly kind: 'volatility'; readonly target: number; readonly most?: number } & Memory)
  /**
   * `fraction` (default 0.5) of the growth-optimal exposure: min(most, fraction x |expected return| / variance) / markets, both over the model's
   * horizon, from the simple returns over as many bars (Kelly 1956; for continuous returns Thorp 2006). The side is the policy's business.
   */
  | ({ readonly kind: 'kelly'; readonly fraction?: number; readonly most?: number } & Memory)
  /** The exposure whose loss at the nearest stop is `risk`, a fraction of equity: min(most / markets, risk / distance); it keeps its quantity. */
  | { readonly kind: 'risk'; readonly risk: number; readonly most?: number }
  /** `of` the account (default 1), divided in inverse proportion to the markets' volatilities. */
  | ({ readonly kind: 'inverse-volatility'; readonly of?: number } & Memory)
  /** Fractions of the account by the markets' names. */
  | { readonly kind: 'weights'; readonly weights: Readonly<Record<string, number>> }
  /**
   * Sizes as of `base` (default fraction), all scaled by one factor so that the account has the volatility `target`, a fraction a year, given how
   * the markets' returns over the last `window` bars (default 60) moved together; the sizes then sum to `most` (default 1) at most.
   */
  | {
      readonly kind: 'portfolio-volatility';
      readonly target: number;
      readonly most?: number;
      readonly base?: 'fraction' | 'inverse-volatility';
      readonly window?: number;
    };

export type SizingKind = Sizing['kind'];

/** What of the rules of trading is about size. Throws a TypeError for options out of range. */
export function sizingRules(sizing: Sizing, markets: number): Pick<Rules, 'share' | 'amount' | 'keepSize'> {
  checkSizing(sizing);
  const share = ('of' in sizing ? (sizing.of ?? 1) : 1) / markets;
  if (sizing.kind === 'amount') return { share, amount: sizing.amount, keepSize: true };
  return sizing.kind === 'risk' ? { share, keepSize: true } : { share };
}

/** What each kind cannot do without. */
const NEEDED: Readonly<Record<SizingKind, readonly string[]>> = {
  fraction: [],
  equal: [],
  amount: ['amount'],
  volatility: ['target'],
  kelly: [],
  risk: ['risk'],
  'inverse-volatility': [],
  weights: ['weights'],
  'portfolio-volatility': ['target'],
};

/** Throws a TypeError that names the option that is out of range. */
export function checkSizing(sizing: Sizing): void {
  const needed = NEEDED[sizing.kind] as readonly string[] | undefined;
  if (!needed)
    throw new TypeError(`Expected the kind of a sizing to be one of ${Object.keys(NEEDED).join(', ')}, received ${String(sizing.kind)}`);
  const missing = needed.find((name) => (sizing as Readonly<Record<string, unknown>>)[name] === undefined);
  if (missing !== undefined) throw new TypeError(`Expected ${missing} of the sizing ${sizing.kind}, received none`);
  for (const name of ['amount', 'target', 'most', 'risk', 'fraction', 'of', 'halfLife'] as const) {
    const value = (sizing as Readonly<Record<string, unknown>>)[name];
    if (value === undefined) continue;
    if (!(typeof value === 'number' && value > 0 && value < Infinity)) {
      throw new TypeError(`Expected ${name} of the sizing ${sizing.kind} to be a finite number > 0, received ${String(value)}`);
    }
  }
  if (!('window' in sizing) || sizing.window === undefined) return;
  if (!(Number.isInteger(sizing.window) && sizing.window >= 2)) {
    throw new TypeError(
      `Expected window of the sizing ${sizing.kind} to be a whole number of bars >= 2, received ${String(sizing.window)}`,
    );
  }
  if ('halfLife' in sizing && sizing.halfLife !== undefined) {
    throw new TypeError(`Expected a window or a halfLife, received both (${sizing.window} and ${sizing.halfLife}); take one of them out`);
  }
}

/** Whether a sizing needs a model's forecast. */
export function sizesByForecast({ kind }: Sizing): boolean {
  return kind === 'kelly';
}
