import type { Bars } from './bars.ts';
import type { MarketRules } from './rules.ts';
import type { Account, Position } from './trace.ts';

/**
 * Cash and positions while a run goes on: one array per figure, one entry per market of the panel. Cash, fees and slippage are quote;
 * quantities are base units, negative when short.
 *
 * A position on margin sets money apart from the cash: its initial margin, with the profit and loss since `basis`. A fill that makes it
 * larger settles that profit with the cash and posts the margin of the whole position at the fill's price; one that makes it smaller
 * sets free its share of both. Where a maintenance margin is required no more than the margin can be lost.
 */
export class Book {
  cash: number;
  fees = 0;
  slippage = 0;
  funding = 0;
  interest = 0;
  /** Losses beyond the margin, which others bore. */
  shortfall = 0;
  /** Losing round trips in a row, in any market. */
  losses = 0;
  readonly quantity: Float64Array;
  readonly entryPrice: Float64Array;
  readonly barsHeld: Float64Array;
  readonly lastClose: Float64Array;
  /** Margin set apart, and the price from which its profit counts. */
  readonly posted: Float64Array;
  readonly basis: Float64Array;
  /** Cash that has flowed in from the market less what flowed out, fees and charges included; and at the entry of the present position. */
  readonly flow: Float64Array;
  readonly entryFlow: Float64Array;
  /** Losing round trips in a row; closes since the last exit, 0 at first and -1 before it. */
  readonly marketLosses: Float64Array;
  readonly sinceExit: Float64Array;
  /** Levels at which the position is given up; NaN where there is none. `trail` is what the trailing stop stands at. */
  readonly stop: Float64Array;
  readonly target: Float64Array;
  readonly peak: Float64Array;
  readonly trail: Float64Array;
  /** Of a position with a trail of its own: as a fraction, or in quote. */
  readonly trailFraction: Float64Array;
  readonly trailDistance: Float64Array;
  /** By market: whether it is on margin, its initial margin, and its maintenance margin (NaN: none). */
  readonly margined: Uint8Array;
  readonly initial: Float64Array;
  readonly maintenance: Float64Array;

  constructor(markets: readonly Bars[], capital: number, rules: Readonly<Record<string, MarketRules>> = {}, account?: Account) {
    const zeros = () => new Float64Array(markets.length);
    const unknown = () => zeros().fill(Number.NaN);
    this.cash = account?.cash ?? capital;
    this.fees = account?.fees ?? 0;
    this.slippage = account?.slippage ?? 0;
    this.funding = account?.funding ?? 0;
    this.interest = account?.interest ?? 0;
    this.shortfall = account?.shortfall ?? 0;
    this.losses = account?.losses ?? 0;
    this.quantity = zeros();
    this.entryPrice = unknown();
    this.barsHeld = zeros();
    this.lastClose = unknown();
    this.posted = zeros();
    this.basis = unknown();
    this.flow = zeros();
    this.entryFlow = zeros();
    this.marketLosses = zeros();
    this.sinceExit = zeros().fill(-1);
    this.stop = unknown();
    this.target = unknown();
    this.peak = unknown();
    this.trail = unknown();
    this.trailFraction = unknown();
    this.trailDistance = unknown();
    this.margined = Uint8Array.from(markets, ({ market }) => (rules[market]?.margin ? 1 : 0));
    this.initial = Float64Array.from(markets, ({ market }) => 1 / (rules[market]?.leverage ?? 1));
    this.maintenance = Float64Array.from(markets, ({ market }) => rules[market]?.maintenance ?? Number.NaN);
    for (const position of account?.positions ?? []) {
      const m = markets.findIndex((bars) => bars.market === position.market);
      if (m < 0) throw new TypeError(`Expected the state's market ${position.market} among the panel's markets, it is missing`);
      for (const name of FIGURES) this[name][m] = position[name] ?? Number.NaN;
    }
  }

  /**
   * Books a fill: `signed` base units (negative for a sale) at `price`, with a fee and the part of the price that was slippage, both quote.
   * With `inBase` the fee of a purchase is taken from the units received. No fill goes through zero.
   */
  apply(m: number, signed: number, price: number, fee: number, slippage: number, inBase: boolean): void {
    const before = this.quantity[m]!;
    const kept = inBase && signed > 0 ? fee / price : 0;
    const after = before + (signed - kept);
    const paid = kept > 0 ? 0 : fee;
    this.fees += fee;
    this.slippage += slippage;
    this.quantity[m] = after;
    if (before === 0) this.entryFlow[m] = this.flow[m]!;
    if (this.margined[m] === 1) this.applyMargin(m, before, after, signed, price, paid);
    else {
      this.cash -= signed * price + paid;
      this.flow[m]! -= signed * price + paid;
    }
    if (after === 0) this.leave(m);
    else if (before === 0) this.entryPrice[m] = price;
    else if (Math.abs(after) > Math.abs(before)) this.entryPrice[m] = (this.entryPrice[m]! * before + price * signed) / after;
  }

  private applyMargin(m: number, before: number, after: number, signed: number, price: number, fee: number): void {
    const posted = this.posted[m]!;
    if (before === 0 || before * signed > 0) {
      const needed = Math.abs(after) * price * this.initial[m]!;
      const profit = before === 0 ? 0 : before * (price - this.basis[m]!);
      this.cash += posted + profit - needed - fee;
      this.posted[m] = needed;
      this.basis[m] = price;
      this.flow[m]! -= signed * price + fee;
      return;
    }
    const released = after === 0 ? posted : posted * (Math.abs(signed) / Math.abs(before));
    const back = released - signed * (price - this.basis[m]!) - fee;
    const lost = back < 0 && !Number.isNaN(this.maintenance[m]) ? -back : 0;
    this.posted[m] = posted - released;
    this.cash += back + lost;
    this.shortfall += lost;
    this.flow[m]! += lost - (signed * price + fee);
  }

  private leave(m: number): void {
    const lost = this.flow[m]! < this.entryFlow[m]!;
    this.marketLosses[m] = lost ? this.marketLosses[m]! + 1 : 0;
    this.losses = lost ? this.losses + 1 : 0;
    this.sinceExit[m] = 0;
    this.entryPrice[m] = Number.NaN;
    this.barsHeld[m] = 0;
    this.basis[m] = Number.NaN;
    for (const levels of [this.stop, this.target, this.peak, this.trail, this.trailFraction, this.trailDistance]) levels[m] = Number.NaN;
  }

  /** Charges funding or interest on a position, quote (negative: received): out of its margin, or out of the cash. */
  charge(m: number, amount: number, as: 'funding' | 'interest'): void {
    this[as] += amount;
    this.flow[m]! -= amount;
    if (this.margined[m] === 1) this.posted[m]! -= amount;
    else this.cash -= amount;
  }

  /** Takes note of a close; a position that is held has seen one bar more. */
  see(m: number, close: number): void {
    this.lastClose[m] = close;
    if (this.quantity[m] !== 0) this.barsHeld[m]! += 1;
    if (this.sinceExit[m]! >= 0) this.sinceExit[m]! += 1;
  }

  /** What a market's position adds to the account at a price, quote. */
  value(m: number, price: number): number {
    const quantity = this.quantity[m]!;
    return this.margined[m] === 1 ? this.posted[m]! + quantity * (price - this.basis[m]!) : quantity * price;
  }

  /** Cash and positions at the last closes, quote. */
  equity(): number {
    let equity = this.cash;
    for (let m = 0; m < this.quantity.length; m++) {
      if (this.quantity[m] !== 0) equity += this.value(m, this.lastClose[m]!);
    }
    return equity;
  }

  /** Profit of a market so far, quote, all costs taken. */
  profit(m: number): number {
    const quantity = this.quantity[m]!;
    return quantity === 0 ? this.flow[m]! : this.flow[m]! + quantity * this.lastClose[m]!;
  }

  /** Cash that an addition to a market's position may use at a price: more than the cash where a profit is set free by it. */
  available(m: number, price: number): number {
    const quantity = this.quantity[m]!;
    if (this.margined[m] === 0 || quantity === 0) return this.cash;
    return this.cash + this.value(m, price) - Math.abs(quantity) * price * this.initial[m]!;
  }

  /** Price at which a position's margin falls to what must be maintained; NaN where it never does. */
  liquidationPrice(m: number): number {
    const quantity = this.quantity[m]!;
    const unit = this.posted[m]! / Math.abs(quantity);
    const required = this.maintenance[m]!;
    return quantity > 0 ? (this.basis[m]! - unit) / (1 - required) : (this.basis[m]! + unit) / (1 + required);
  }

  snapshot(markets: readonly Bars[]): Account {
    const { cash, fees, slippage, funding, interest, shortfall, losses } = this;
    return {
      cash,
      fees,
      slippage,
      funding,
      interest,
      shortfall,
      losses,
      positions: markets.map(({ market }, m) => {
        const figures = FIGURES.map((name) => [name, Number.isNaN(this[name][m]) ? null : this[name][m]! + 0]);
        return { market, ...Object.fromEntries(figures) } as Position;
      }),
    };
  }
}

const FIGURES = [
  'quantity',
  'entryPrice',
  'barsHeld',
  'lastClose',
  'posted',
  'basis',
  'flow',
  'entryFlow',
  'marketLosses',
  'sinceExit',
  'stop',
  'target',
  'peak',
  'trail',
  'trailFraction',
  'trailDistance',
] as const;
