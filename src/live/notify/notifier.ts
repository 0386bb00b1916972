import type { Message, MessageKind } from '../session.ts';
import { createTelegram, type TelegramSettings, telegramChannel } from './telegram.ts';
import { createWebhook, type WebhookSettings, webhookChannel } from './webhook.ts';

/** What tells a person, somewhere else, what a session did. */
export interface Notifier {
  /** The same in every run, different for every place that is told, and without a secret. */
  readonly channel: string;
  readonly kinds: ReadonlySet<MessageKind>;
  /** Settles within its deadline. Rejects with a NotifierError, whose text holds no secret, unless the other side has taken the message. */
  send(message: BotMessage, signal: AbortSignal): Promise<void>;
}

export type BotMessage = Message & { readonly bot: string };

/** Where to tell what. Holds secrets. */
export type NotifierSettings = (WebhookSettings | TelegramSettings) & { readonly on: readonly MessageKind[] };

export interface NotifierOptions {
  /** For one message, headers and body of the answer included. Default: 10 s. */
  readonly deadlineMs?: number;
  /** Scheme and host of the Telegram Bot API. */
  readonly telegram?: string;
}

const DEADLINE = 10_000;

/** The notifier of some settings. Sends nothing until it is asked to. */
export function createNotifier(settings: NotifierSettings, { deadlineMs = DEADLINE, telegram }: NotifierOptions = {}): Notifier {
  return {
    channel: channelOf(settings),
    kinds: new Set(settings.on),
    send: settings.kind === 'webhook' ? createWebhook(settings, deadlineMs) : createTelegram(settings, deadlineMs, telegram),
  };
}

/** The name of the place that settings lead to. */
export function channelOf(settings: NotifierSettings): string {
  return settings.kind === 'webhook' ? webhookChannel(settings) : telegramChannel(settings);
}
