import type { LoadedBot } from '../config.ts';
import { intervalMs } from '../core/interval.ts';
import { cronFor } from '../live/cron.ts';
import { channelOf, type NotifierSettings } from '../live/notify/notifier.ts';
import { isChat, isToken } from '../live/notify/telegram.ts';
import { isWebhook } from '../live/notify/webhook.ts';
import type { MessageKind } from '../live/session.ts';
import { type Environment, substituted, unsetVariables } from './environment.ts';
import type { PaperConfig } from './paper-schema.ts';
import { type Problem, valueProblem } from './problem.ts';
import type { BotConfig } from './schema.ts';

/** How a bot runs forward: the section paper with every default filled in, but for whom it tells. */
export interface PaperRules {
  /** When it ticks: a cron expression with seconds, UTC. */
  readonly cron: string;
  /** How long after a close a slice waits for markets that have no bar yet, ms. */
  readonly graceMs: number;
  /** How long after its close a decision may be made and still count as in time, ms. */
  readonly maxLatenessMs: number;
  /** What becomes of the entries of late decisions: none are ordered, or all as if they were in time. */
  readonly missed: 'skip' | 'replay';
  /** What becomes of a position once the last fit is too old; undefined without a model. */
  readonly onExpired: 'flat' | 'hold' | undefined;
}

/** Holds secrets, so it is neither printed nor stored. */
export interface PaperSettings extends PaperRules {
  readonly notify: readonly NotifierSettings[];
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const GRACE = 30_000;
const LATENESS = 300_000;
/** An exchange may be slow for once, beyond the grace. */
const LEAST_LATENESS = 20_000;
/** Bars below this length are not kept waiting for five seconds. */
const SHORT = 300_000;
const HALF_HOUR = 1_800_000;

/** An order is told when it is filled or rejected, and fits come and go without a person; everything else is. */
const TOLD: readonly MessageKind[] = ['fill', 'rejection', 'guard', 'hand', 'alert'];

/**
 * The settings of a paper session, with `${NAME}` looked up in `environment`. Throws a ConfigError with the places in the bot file of
 * variables that are not set, of what they stand for where it is of no use, and of an interval that no cron expression can express.
 */
export function paperSettings(loaded: LoadedBot, environment: Environment): PaperSettings {
  const { paper = {}, refuse } = loaded;
  refuse(unsetVariables(paper, ['paper'], environment));
  return { ...paperRules(loaded), notify: notifiers(paper, environment, refuse) };
}

/** What of the settings needs no secret: enough to replay a session. Throws a ConfigError as `cronOf` does. */
export function paperRules(loaded: LoadedBot): PaperRules {
  const { bot, frozen, config, intervalMs, paper: { grace, maxLateness, missed = 'skip', onExpired } = {} } = loaded;
  const graceMs = grace === undefined ? Math.min(GRACE, intervalMs / 4) : durationMs(grace);
  // Whoever waits for a market is not late for it.
  const latenessMs = Math.max(Math.min(LATENESS, intervalMs / 10), graceMs + LEAST_LATENESS);
  return {
    cron: cronOf(loaded),
    graceMs,
    maxLatenessMs: maxLateness === undefined ? latenessMs : durationMs(maxLateness),
    missed,
    onExpired: bot.model || frozen ? (onExpired ?? config.guards?.expiredModel ?? 'flat') : undefined,
  };
}

/** What of a bot says when it ticks. */
export type CronSource = Pick<LoadedBot, 'paper' | 'intervalMs' | 'refuse'> & { readonly config: Pick<LoadedBot['config'], 'calendar'> };

/**
 * When a paper session of a bot ticks, as a cron expression. Sessions of New York open and close at half hours too, whatever the interval
 * of their bars; a tick without a bar does nothing. Throws a ConfigError where the interval is one that cron cannot express.
 */
export function cronOf({ config, paper, intervalMs, refuse }: CronSource): string {
  if (paper?.cron !== undefined && paper.cron !== 'auto') return paper.cron;
  const halves = config.calendar === 'nyse' && intervalMs < 24 * 2 * HALF_HOUR;
  try {
    return cronFor(halves ? greatestDivisor(intervalMs, HALF_HOUR) : intervalMs, intervalMs < SHORT ? 1 : 5);
  } catch (error) {
    if (error instanceof TypeError) refuse([valueProblem(['paper', 'cron'], error.message)]);
    throw error;
  }
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** What is wrong between the section paper and the rest of a bot file. */
export function checkPaper({ paper, interval, guards }: BotConfig): Problem[] {
  const found: Problem[] = [];
  if (paper?.grace !== undefined && durationMs(paper.grace) >= intervalMs(interval)) {
    const message = `Expected paper.grace to be shorter than the interval of ${interval}, received ${paper.grace}; the next bar closes meanwhile`;
    found.push(valueProblem(['paper', 'grace'], message));
  }
  if (paper?.grace !== undefined && paper.maxLateness !== undefined && durationMs(paper.maxLateness) <= durationMs(paper.grace)) {
    const message = `Expected paper.maxLateness to be longer than paper.grace (${paper.grace}), received ${paper.maxLateness}; a close that waits for a market would be missed`;
    found.push(valueProblem(['paper', 'maxLateness'], message));
  }
  const { onExpired } = paper ?? {};
  const expired = guards?.expiredModel;
  if (onExpired !== undefined && expired !== undefined && onExpired !== expired) {
    const message = `Expected paper.onExpired to be ${expired}, as guards.expiredModel is, received ${onExpired}; take one of them out`;
    found.push(valueProblem(['paper', 'onExpired'], message));
  }
  return found;
}

/**
 * The section as it is printed and stored: of an address that stands in the file itself only the host is shown, since whoever knows the
 * rest can write there. Still a section of a valid bot file.
 */
export function withoutAddresses({ notify, ...paper }: PaperConfig): PaperConfig {
  if (!notify) return paper;
  const shown = ({ webhook, ...rest }: (typeof notify)[number]) => ({
    ...(webhook !== undefined && { webhook: /^\$\{\w+\}$/.test(webhook) ? webhook : `${hostOf(webhook)}/...` }),
    ...rest,
  });
  return { ...paper, notify: notify.map(shown) };
}

/** Scheme and host, which are no secret unless a variable stands for them. */
function hostOf(address: string): string {
  return URL.canParse(address) && !/^[^/]*\/\/[^/]*\$/.test(address) ? new URL(address).origin : 'https://';
}

function notifiers({ notify = [] }: PaperConfig, environment: Environment, refuse: LoadedBot['refuse']): NotifierSettings[] {
  const problems: Problem[] = [];
  const check = (valid: boolean, path: Problem['path'], message: string) => {
    if (!valid) problems.push(valueProblem(['paper', 'notify', ...path], message));
  };
  const settings = notify.map(({ webhook, telegram, on = TOLD }, k): NotifierSettings => {
    if (!telegram) {
      const url = substituted(webhook ?? '', environment);
      const words =
        'Expected an https address (http on this machine) without user and password, received something else; check the variable';
      check(isWebhook(url), [k, 'webhook'], words);
      return { kind: 'webhook', url, on };
    }
    const token = substituted(telegram.token, environment);
    const chat = substituted(String(telegram.chat), environment);
    check(isToken(token), [k, 'telegram', 'token'], 'Expected a token such as 123456:ABC, received something else; check the variable');
    check(isChat(chat), [k, 'telegram', 'chat'], 'Expected the number or @name of a chat, received something else; check the variable');
    return { kind: 'telegram', token, chat, on };
  });
  refuse(problems);
  const channels = settings.map(channelOf);
  channels.forEach((channel, k) => {
    check(channels.indexOf(channel) === k, [k], 'Expected each notifier once, received one again; list all that it tells under its on');
  });
  refuse(problems);
  return settings;
}

/** ms of a duration that the schema has accepted. */
function durationMs(text: string): number {
  const [, number = '', unit = ''] = /^(\d+)([a-z]+)$/.exec(text) ?? [];
  return Number(number) * (UNITS[unit] ?? Number.NaN);
}
