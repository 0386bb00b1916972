/** What an exchange says of one of its markets: what can be ordered there, and at which fees. Public, and as of a date. */
export interface MarketInformation {
  /** Name in the store, `exchange:SYMBOL`, such as `binance:BTC/USDT` or `binance:BTC/USDT:USDT` for a perpetual. */
  readonly market: string;
  /** The exchange's id in ccxt. */
  readonly exchange: string;
  /** The unified symbol of ccxt. */
  readonly symbol: string;
  readonly kind: 'spot' | 'perpetual' | 'future' | 'option' | 'other';
  readonly base: string;
  readonly quote: string;
  /** Currency that a derivative is settled in; null for spot. */
  readonly settle: string | null;
  /** Base currency (quote where inverse) in one contract; null for spot. */
  readonly contractSize: number | null;
  /** Whether a contract is worth a fixed amount of quote currency. */
  readonly inverse: boolean;
  /** Smallest step of a price, quote currency. Null where the exchange does not say, as below. */
  readonly tick: number | null;
  /** Smallest step of a quantity, base currency. */
  readonly lot: number | null;
  readonly minimumQuantity: number | null;
  /** Smallest value of an order, quote currency. */
  readonly minimumNotional: number | null;
  /** Fees of the lowest tier, fractions of the value. */
  readonly taker: number | null;
  readonly maker: number | null;
  /** The market as ccxt states it, without the exchange's raw answer: lets later runs do without the list of all markets. */
  readonly definition: Readonly<Record<string, unknown>>;
}

/** What was said, when it was first said (`seen`) and last confirmed (`checked`), ms UTC of the local clock. */
export interface DatedInformation {
  readonly seen: number;
  readonly checked: number;
  readonly information: MarketInformation;
}
