import type {
  Costs,
  Guards,
  Halt,
  LimitGuards,
  MarketRules,
  OrderStyle,
  PositionGuards,
  Rules,
  Slippage,
  TrailingStop,
  VolumeCap,
} from './rules.ts';

/** Throws a TypeError where a value is not what its place asks for. */
type Check = (value: unknown, path: string) => void;
/** One check for every field there is. */
type Fields<T> = { readonly [Name in keyof T]-?: Check };

const refuse = (path: string, expected: string, received: unknown): never => {
  throw new TypeError(`Expected ${path} to be ${expected}, received ${words(received)}`);
};

function words(value: unknown): string {
  return typeof value === 'object' || typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function number(expected: string, valid: (value: number) => boolean): Check {
  return (value, path) => {
    if (!(typeof value === 'number' && valid(value))) refuse(path, expected, value);
  };
}

function choice(...names: readonly unknown[]): Check {
  return (value, path) => {
    if (!names.includes(value)) refuse(path, `one of ${names.join(', ')}`, value);
  };
}

function optional(check: Check): Check {
  return (value, path) => {
    if (value !== undefined) check(value, path);
  };
}

function section<T>(fields: Fields<T>): Check {
  const names = Object.keys(fields);
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(path, 'an object', value);
    const stranger = Object.keys(value).find((name) => !names.includes(name));
    if (stranger !== undefined) refuse(path || 'the rules', `made of ${names.join(', ')}`, stranger);
    for (const [name, check] of Object.entries(fields) as [string, Check][]) {
      check((value as Record<string, unknown>)[name], path ? `${path}.${name}` : name);
    }
  };
}

/** Sections by the names of markets. */
function byMarket(check: Check): Check {
  return (value, path) => {
    if (typeof value !== 'object' || value === null) return refuse(path, 'an object with markets for keys', value);
    for (const [market, own] of Object.entries(value)) check(own, `${path}[${JSON.stringify(market)}]`);
  };
}

const positive = number('a finite number > 0', (value) => value > 0 && value < Infinity);
const notNegative = number('a finite number >= 0', (value) => value >= 0 && value < Infinity);
const fraction = number('a fraction >= 0 and < 1', (value) => value >= 0 && value < 1);
const openFraction = number('a fraction > 0 and < 1', (value) => value > 0 && value < 1);
const share = number('a fraction > 0 and <= 1', (value) => value > 0 && value <= 1);
const whole = number('a whole number >= 1', (value) => Number.isInteger(value) && value >= 1);
const flag = choice(true, false);

const volumeShare = section<Extract<Slippage, { kind: 'volume-share' }>>({ kind: choice('volume-share'), impact: fraction });
const measured = section<Extract<Slippage, { kind: 'measured' }>>({
  kind: choice('measured'),
  sample: (value, path) => {
    const valid = Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number' && Math.abs(one) < 1);
    if (!valid) refuse(path, 'a list of at least one fraction > -1 and < 1', value);
  },
});

const slippage: Check = (value, path) => {
  if (typeof value !== 'object' || value === null) return fraction(value, path);
  const { kind } = value as { readonly kind?: unknown };
  choice('volume-share', 'measured')(kind, `${path}.kind`);
  (kind === 'measured' ? measured : volumeShare)(value, path);
};

const costs = section<Costs>({
  taker: fraction,
  maker: optional(fraction),
  minimum: optional(notNegative),
  perUnit: optional(notNegative),
  currency: optional(choice('quote', 'base')),
  slippage,
});

const marketSection = section<MarketRules>({
  margin: optional(flag),
  lot: optional(positive),
  tick: optional(positive),
  minimumQuantity: optional(positive),
  minimumNotional: optional(positive),
  leverage: optional(number('a finite number >= 1', (value) => value >= 1 && value < Infinity)),
  maintenance: optional(openFraction),
  liquidationFee: optional(fraction),
  borrow: optional(fraction),
});

/** What only a position on margin has. */
const ON_MARGIN = ['leverage', 'maintenance', 'liquidationFee', 'borrow'] as const;

const market: Check = (value, path) => {
  marketSection(value, path);
  const rules = value as MarketRules;
  const { margin, leverage = 1, maintenance } = rules;
  const stray = margin ? undefined : ON_MARGIN.find((name) => rules[name] !== undefined);
  if (stray !== undefined) throw new TypeError(`Expected ${path}.${stray} only with margin: true, received it on a spot market`);
  if (maintenance !== undefined && maintenance >= 1 / leverage) {
    refuse(`${path}.maintenance`, `below the initial margin, ${1 / leverage}`, maintenance);
  }
};

const styleSection = section<OrderStyle>({
  kind: choice('market', 'limit', 'stop', 'stop-limit'),
  offset: optional(fraction),
  limitOffset: optional(fraction),
  timeInForce: optional(whole),
  postOnly: optional(flag),
});

const style: Check = (value, path) => {
  styleSection(value, path);
  const { kind, offset, limitOffset, postOnly } = value as OrderStyle;
  if (kind === 'market' && offset !== undefined) throw new TypeError(`Expected no ${path}.offset of a market order, received ${offset}`);
  if ((kind === 'stop' || kind === 'stop-limit') && !(offset !== undefined && offset > 0)) {
    refuse(`${path}.offset`, `> 0 for a ${kind} order, whose trigger has to lie beyond the close`, offset);
  }
  if (limitOffset !== undefined && kind !== 'stop-limit') {
    throw new TypeError(`Expected ${path}.limitOffset with a stop-limit order only, received it with a ${kind} order`);
  }
  if (postOnly && kind !== 'limit') {
    throw new TypeError(`Expected ${path}.postOnly with a limit order only, received it with a ${kind} order`);
  }
};

const trailSection = section<TrailingStop>({
  fraction: optional(openFraction),
  multiple: optional(positive),
  period: optional(whole),
  intrabar: optional(flag),
});

const trail: Check = (value, path) => {
  trailSection(value, path);
  const { fraction: of, multiple, period } = value as TrailingStop;
  const byRange = multiple !== undefined && period !== undefined;
  if ((of !== undefined) === byRange || (of !== undefined && (multiple ?? period) !== undefined)) {
    refuse(path, 'either a fraction, or a multiple and a period', value);
  }
};

const halt = (limit: Check) => section<Halt>({ limit, pause: optional(whole) });

const positionGuards: Fields<PositionGuards> = {
  stopLoss: optional(openFraction),
  takeProfit: optional(positive),
  trailingStop: optional(trail),
  timeStop: optional(whole),
  cooldown: optional(whole),
  staleData: optional(whole),
  expiredModel: optional(choice('flat', 'hold')),
};
const limitGuards: Fields<LimitGuards> = {
  maxDrawdown: optional(halt(openFraction)),
  dailyLoss: optional(openFraction),
  losses: optional(halt(whole)),
  maxExposure: optional(positive),
};
const guards = section<Guards>({ ...positionGuards, ...limitGuards });

const rulesSection = section<Rules>({
  capital: positive,
  fill: choice('next-open', 'next-close', 'this-close'),
  costs,
  share: positive,
  band: number('a number >= 0', (value) => value >= 0),
  keepSize: optional(flag),
  amount: optional(positive),
  markets: optional(byMarket(market)),
  volumeCap: optional(section<VolumeCap>({ share, quantity: choice('resolve', 'fixed') })),
  entry: optional(style),
  exit: optional(style),
  optimistic: optional(flag),
  ambiguity: optional(choice('worst', 'best')),
  guards: optional(guards),
  marketGuards: optional(byMarket(guards)),
});

/**
 * Throws a TypeError that names the first field of the rules that is out of range, unknown, of a market that is not among `markets`, or contradicts
 * another.
 */
export function checkRules(rules: Rules, markets: readonly string[]): void {
  rulesSection(rules, '');
  for (const name of ['markets', 'marketGuards'] as const) checkMarketNames(name, rules[name] ?? {}, markets);
  for (const name of ['entry', 'exit'] as const) {
    const kind = rules[name]?.kind ?? 'market';
    if (kind !== 'market' && rules.fill === 'this-close') refuse(`${name}.kind`, 'market with the fill this-close', kind);
  }
  const onMargin = Object.entries(rules.markets ?? {}).find(([, { margin }]) => margin);
  if (rules.costs.currency === 'base' && onMargin) {
    throw new TypeError(`Expected costs.currency quote for ${onMargin[0]}, which is on margin and buys no base, received base`);
  }
}

/** Throws a TypeError where something is said of a market that is not there. */
export function checkMarketNames(path: string, by: Readonly<Record<string, unknown>>, markets: readonly string[]): void {
  const stranger = Object.keys(by).find((name) => !markets.includes(name));
  if (stranger !== undefined) throw new TypeError(`Expected ${path} of ${markets.join(', ')}, received ${stranger}`);
}
