import type { Book } from './account.ts';
import type { Setup } from './setup.ts';

const YEAR = 365.25 * 86_400_000;

/**
 * What is charged on positions at the opening of a slice, before any fill of it: the funding of the instants since the bar before, and the
 * interest of the time since it: on the value at the open of what is short, and on the money that longs were bought
 * with beyond their margin and the account's cash. Undefined where nothing ever is. The charging throws a
 * TypeError for a funding rate that is missing.
 */
export function createCharges({ panel, rules }: Setup, book: Book): ((slice: number) => void) | undefined {
  const { markets, funding, row } = panel;
  const borrow = markets.map(({ market }) => rules.markets?.[market]?.borrow ?? 0);
  const charged = markets.flatMap((_, m) => (funding?.[m] !== undefined || borrow[m]! > 0 ? [m] : []));
  if (charged.length === 0) return undefined;
  return (slice) => {
    let owed = 0;
    for (let m = 0; m < markets.length; m++) owed += financed(m);
    const share = owed > book.cash ? (owed - Math.max(book.cash, 0)) / owed : 0;
    for (const m of charged) {
      const at = row[m]![slice]!;
      const held = book.quantity[m]!;
      if (at < 0 || held === 0) continue;
      const { market, open, openTime } = markets[m]!;
      const rate = funding?.[m]?.[at] ?? 0;
      if (Number.isNaN(rate)) {
        throw new TypeError(
          `Expected a funding rate of ${market} for every bar with a position, received none for the one that opens at ${openTime[at]}`,
        );
      }
      if (rate !== 0) book.charge(m, held * open[at]! * rate, 'funding');
      // What is short was borrowed as units, what longs cost beyond their margin and the cash as money.
      const borrowed = held < 0 ? -held * open[at]! : financed(m) * share;
      if (borrow[m]! > 0 && borrowed > 0 && at > 0) {
        const years = (openTime[at]! - openTime[at - 1]!) / YEAR;
        book.charge(m, borrowed * borrow[m]! * years, 'interest');
      }
    }
  };

  /** What a levered long cost beyond its margin, quote. */
  function financed(m: number): number {
    const held = book.quantity[m]!;
    return held > 0 && book.margined[m] === 1 ? Math.max(held * book.basis[m]! - book.posted[m]!, 0) : 0;
  }
}
