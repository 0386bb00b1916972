/** A place on a curve, and the curve's value there. */
export type PlaceOnCurve = readonly [at: number, value: number];

/** Steps in a row that may leave more than half of the interval before it is halved. */
const PATIENCE = 3;

/**
 * Where a curve that is above zero at `low` and not at `high` crosses it, to within `precision`: regula falsi with the Illinois rule (Dowell &
 * Jarratt 1971), and halving where that is slow, so that a curve with jumps costs at most PATIENCE + 1 times as many looks as bisection. Of
 * several crossings it finds one.
 */
export function crossing(of: (at: number) => number, low: PlaceOnCurve, high: PlaceOnCurve, precision: number): number {
  let [from, above] = low;
  let [to, below] = high;
  let side = 0;
  let slow = 0;
  while (to - from > precision) {
    const width = to - from;
    const secant = from + (width * above) / (above - below);
    // A step beyond a good guess, so that it is soon shut in from both sides.
    const least = precision / 2;
    const at = slow < PATIENCE ? Math.min(Math.max(secant, from + least), to - least) : (from + to) / 2;
    const value = of(at);
    if (value > 0) {
      from = at;
      above = value;
      if (side > 0) below /= 2;
      side = 1;
    } else {
      to = at;
      below = value;
      if (side < 0) above /= 2;
      side = -1;
    }
    slow = to - from > width / 2 ? slow + 1 : 0;
  }
  return (from + to) / 2;
}
