import { ConfigError } from '../config/config-error.ts';
import { fraction } from '../config/options.ts';
import { type PaperRules, paperRules } from '../config/paper.ts';
import { type LoadedBot, loadBotText } from '../config.ts';
import type { Bars } from '../core/bars.ts';
import type { FundingRates } from '../core/funding.ts';
import { intervalMs as intervalOf } from '../core/interval.ts';
import { constantFunding } from '../data/funding.ts';
import type { Replayable } from '../live/replay.ts';
import type { Genesis } from '../live/session.ts';
import { canonicalJson } from '../models/key.ts';
import type { Bot } from '../walk/bot.ts';
import { loadBotFile } from './bot-file.ts';
import type { BotOptions, Host } from './host.ts';
import { tradableBot } from './tradable-bot.ts';

/** A bot file as a session runs it. */
export interface SessionBot {
  readonly file: string;
  readonly loaded: LoadedBot;
  readonly bot: Bot;
  /** Without what it tells, which takes secrets. */
  readonly settings: PaperRules;
  readonly markets: readonly ExchangeMarket[];
  readonly funding: ((bars: Bars) => FundingRates | undefined) | undefined;
}

/** A market that an exchange offers, in the order of the names. */
export interface ExchangeMarket {
  readonly market: string;
  readonly exchange: string;
  readonly symbol: string;
}

/** The bot of a file, ready to run forward. Throws a ConfigError where a session cannot do what the file asks for. */
export async function sessionBot(file: string, options: BotOptions, host: Host): Promise<SessionBot> {
  const loaded = await loadBotFile(file, options, host);
  const settings = paperRules(loaded);
  const markets = loaded.markets.map(({ source }, k): ExchangeMarket => {
    const [, exchange, symbol] = /^([a-z0-9]+):(.+)$/.exec(source) ?? [];
    if (exchange !== undefined && symbol !== undefined && !['csv', 'parquet', 'synthetic'].includes(exchange))
      return { market: source, exchange, symbol };
    throw new ConfigError([
      `${file}: markets[${k}]: Expected a market of an exchange such as coinbase:BTC/USD, which goes on, received ${JSON.stringify(source)}, which ends; paperwalk backtest runs it`,
    ]);
  });
  if (loaded.detailMs !== undefined) {
    throw new ConfigError([
      `${file}: detail: Expected none for a paper session, whose bars come one by one, received one; take it out, or backtest it under another name`,
    ]);
  }
  return {
    file,
    loaded,
    settings,
    markets: markets.sort((a, b) => (a.market < b.market ? -1 : 1)),
    bot: withExpiry(await tradableBot(file, loaded, options.workspace), settings),
    funding: fundingOf(file, loaded),
  };
}

/** What a bot is beyond its file, as plain JSON: kept with a session, so that nobody's later word changes it. */
export function completionOf({ rules, frozen }: Bot): Genesis['completion'] {
  return JSON.parse(JSON.stringify({ rules, frozen: frozen?.key ?? null }));
}

/** The bot of a session: as its file says, with the rules that it began with. */
export function asBegun(bot: Bot, { completion }: Genesis): Bot {
  return { ...bot, rules: (completion as { readonly rules: Bot['rules'] }).rules };
}

/** The bot that a session began with, from the session alone; own code and a frozen model are looked for where they were. */
export async function recordedBot(genesis: Genesis, { file, loaded }: SessionBot, options: BotOptions, host: Host): Promise<Replayable> {
  const text = JSON.stringify(genesis.config);
  const recorded = await loadBotText(text, file, { environment: host.environment, currentDirectory: '.' });
  const bot = await tradableBot(file, { ...recorded, folder: loaded.folder }, options.workspace);
  const settings = paperRules(recorded);
  const funding = fundingOf(file, recorded);
  return { bot: asBegun(withExpiry(bot, settings), genesis), missed: settings.missed, ...(funding && { funding }) };
}

/** Values of a bot file that differ from those that a session began with, apart from what changes no decision: `strategy.fast: 10, now 12`. */
export function changes(genesis: Genesis, { loaded }: SessionBot): readonly string[] {
  return differing(essential(genesis.config), essential(loaded.config), []);
}

function essential(config: unknown): unknown {
  const { paper, ...rest } = JSON.parse(JSON.stringify(config)) as { readonly paper?: Record<string, unknown> };
  const { cron: _cron, grace: _grace, notify: _notify, ...kept } = paper ?? {};
  return { ...rest, paper: kept };
}

function differing(before: unknown, now: unknown, path: readonly string[]): string[] {
  if (canonicalJson(before ?? null) === canonicalJson(now ?? null)) return [];
  const section = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!section(before) || !section(now))
    return [`${path.join('.')}: ${JSON.stringify(before) ?? 'none'}, now ${JSON.stringify(now) ?? 'none'}`];
  return [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .sort()
    .flatMap((key) => differing(before[key], now[key], [...path, key]));
}

function withExpiry(bot: Bot, { onExpired }: PaperRules): Bot {
  const { guards } = bot.rules;
  if (onExpired === undefined || guards?.expiredModel !== undefined) return bot;
  return { ...bot, rules: { ...bot.rules, guards: { ...guards, expiredModel: onExpired } } };
}

function fundingOf(file: string, { markets }: LoadedBot): SessionBot['funding'] {
  const constant = new Map<string, (bars: Bars) => FundingRates>();
  for (const { source, funding } of markets) {
    if (funding === undefined || funding === 'none') continue;
    if (typeof funding === 'string') {
      throw new ConfigError([
        `${file}: ${source}: Expected funding: none or a constant rate such as { rate: 0.01%, every: 8h } for a paper session, received ${funding}; rates of an exchange come after the bars that they belong to`,
      ]);
    }
    constant.set(source, (bars) => constantFunding(bars, fraction(funding.rate), intervalOf(funding.every)));
  }
  return constant.size === 0 ? undefined : (bars) => constant.get(bars.market)?.(bars);
}
