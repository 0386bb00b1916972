import { createHash } from 'node:crypto';
import { isoInstant } from '../../core/instant.ts';
import type { Notifier } from './notifier.ts';
import { type Answer, post, refuseFailure, secondsToMs } from './post.ts';

export interface TelegramSettings {
  readonly kind: 'telegram';
  /** The number of the Telegram bot, a colon, and its secret. */
  readonly token: string;
  /** Number or @name. */
  readonly chat: string;
}

const API = 'https://api.telegram.org';
/** Longest text that the API takes, characters. */
const LONGEST = 4096;

export function isToken(text: string): boolean {
  return /^\d+:[\w-]+$/.test(text);
}

/** Whether a text is the number of a chat, or its @name. */
export function isChat(text: string): boolean {
  return /^(-?\d+|@\w+)$/.test(text);
}

/** `telegram:#hash` of bot and chat; the same when the secret is exchanged for a new one. */
export function telegramChannel({ token, chat }: TelegramSettings): string {
  return `telegram:#${createHash('sha256')
    .update(`${token.split(':')[0]}/${chat}`)
    .digest('hex')
    .slice(0, 8)}`;
}

/** Sends `bot, time: text` to a chat by the Bot API's sendMessage. It knows no idempotency key: a message told twice is there twice. */
export function createTelegram(settings: TelegramSettings, deadlineMs: number, api = API): Notifier['send'] {
  const { token, chat } = settings;
  const channel = telegramChannel(settings);
  const url = `${api}/bot${token}/sendMessage`;
  return async ({ bot, time, text }, signal) => {
    const line = `${bot}, ${isoInstant(time).slice(0, 16).replace('T', ' ')} UTC: ${text}`;
    const answer = await post({ channel, url, json: { chat_id: chat, text: cut(line) }, deadlineMs }, signal);
    const retryAfterMs = askedToWait(answer) ?? answer.retryAfterMs;
    refuseFailure(channel, { ...answer, retryAfterMs }, ADVICE[answer.status]);
  };
}

const ADVICE: Readonly<Record<number, string>> = {
  400: 'check the chat',
  401: 'check the token',
  403: 'let the Telegram bot into the chat',
  404: 'check the token',
};

/** `parameters.retry_after` of an answer, in ms. */
function askedToWait({ body }: Answer): number | undefined {
  try {
    return secondsToMs((JSON.parse(body) as { readonly parameters?: { readonly retry_after?: unknown } } | null)?.parameters?.retry_after);
  } catch {
    return undefined;
  }
}

/** By code units, and none of a pair alone. */
function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
