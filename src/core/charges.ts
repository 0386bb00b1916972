import type { Book } from './account.ts';
import type { Setup } from './setup.ts';

const YEAR = 365.25 * 86_400_000;

/**
 * What is charged on positions at the opening of a slice, before any fill of it: the funding of the instants since the bar before, and for
 * what is short the interest of the time since it, both on the value at the open. Undefined where nothing ever is. The charging throws a
 * TypeError for a funding rate that is missing.
 */
export function createCharges({ panel, rules }: Setup, book: Book): ((slice: number) => void) | undefined {
  const { markets, funding, row } = panel;
  const borrow = markets.map(({ market }) => rules.markets?.[market]?.borrow ?? 0);
  const charged = markets.flatMap((_, m) => (funding?.[m] !== undefined || borrow[m]! > 0 ? [m] : []));
  if (charged.length === 0) return undefined;
  return (slice) => {
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
      if (held < 0 && borrow[m]! > 0 && at > 0) {
        const years = (openTime[at]! - openTime[at - 1]!) / YEAR;
        book.charge(m, -held * open[at]! * borrow[m]! * years, 'interest');
      }
    }
  };
}
