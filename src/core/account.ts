import type { Bars } from './bars.ts';
import type { Account } from './trace.ts';

/**
 * Cash and positions while a run goes on: one array per figure, one entry per market of the panel. Changed only by `apply`
 * and `see`. Cash, fees and slippage are quote; quantities are base units, negative when short.
 */
export class Book {
  cash: number;
  fees = 0;
  slippage = 0;
  readonly quantity: Float64Array;
  readonly entryPrice: Float64Array;
  readonly barsHeld: Float64Array;
  readonly lastClose: Float64Array;

  constructor(markets: readonly Bars[], capital: number, account?: Account) {
    this.cash = account?.cash ?? capital;
    this.fees = account?.fees ?? 0;
    this.slippage = account?.slippage ?? 0;
    this.quantity = new Float64Array(markets.length);
    this.entryPrice = new Float64Array(markets.length).fill(Number.NaN);
    this.barsHeld = new Float64Array(markets.length);
    this.lastClose = new Float64Array(markets.length).fill(Number.NaN);
    for (const position of account?.positions ?? []) {
      const m = markets.findIndex((bars) => bars.market === position.market);
      if (m < 0) throw new TypeError(`Expected the state's market ${position.market} among the panel's markets, it is missing`);
      this.quantity[m] = position.quantity;
      this.entryPrice[m] = position.entryPrice ?? Number.NaN;
      this.barsHeld[m] = position.barsHeld;
      this.lastClose[m] = position.lastClose ?? Number.NaN;
    }
  }

  /** Books a fill: `signed` base units (negative for a sale) at `price`, with a fee and the part of the price that was slippage. */
  apply(m: number, signed: number, price: number, fee: number, slippage: number): void {
    const before = this.quantity[m]!;
    const after = before + signed;
    this.cash -= signed * price + fee;
    this.fees += fee;
    this.slippage += slippage;
    this.quantity[m] = after;
    if (after === 0) {
      this.entryPrice[m] = Number.NaN;
      this.barsHeld[m] = 0;
    } else if (before === 0) {
      this.entryPrice[m] = price;
    } else if (Math.abs(after) > Math.abs(before)) {
      this.entryPrice[m] = (this.entryPrice[m]! * before + price * signed) / after;
    }
  }

  /** Takes note of a close; a position that is held has seen one bar more. */
  see(m: number, close: number): void {
    this.lastClose[m] = close;
    if (this.quantity[m] !== 0) this.barsHeld[m]! += 1;
  }

  /** Cash and positions at the last closes, quote. */
  equity(): number {
    let equity = this.cash;
    for (let m = 0; m < this.quantity.length; m++) {
      const quantity = this.quantity[m]!;
      if (quantity !== 0) equity += quantity * this.lastClose[m]!;
    }
    return equity;
  }

  snapshot(markets: readonly Bars[]): Account {
    const known = (value: number) => (Number.isNaN(value) ? null : value);
    return {
      cash: this.cash,
      fees: this.fees,
      slippage: this.slippage,
      positions: markets.map((bars, m) => ({
        market: bars.market,
        quantity: this.quantity[m]! + 0,
        entryPrice: known(this.entryPrice[m]!),
        barsHeld: this.barsHeld[m]!,
        lastClose: known(this.lastClose[m]!),
      })),
    };
  }
}
