import { createHash } from 'node:crypto';
import { isoInstant } from '../../core/instant.ts';
import type { Notifier } from './notifier.ts';
import { post, refuseFailure } from './post.ts';

export interface WebhookSettings {
  readonly kind: 'webhook';
  /** Its path and query are secret: whoever knows them can write there. */
  readonly url: string;
}

const THIS_MACHINE = ['localhost', '127.0.0.1'];

/** Whether a text is an address that a webhook may have: https, or http on this machine, without user and password. */
export function isWebhook(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && THIS_MACHINE.includes(hostname));
}

/** `webhook:host#hash`: the hash tells apart two addresses of one host. */
export function webhookChannel({ url }: WebhookSettings): string {
  return `webhook:${new URL(url).host}#${createHash('sha256').update(url).digest('hex').slice(0, 8)}`;
}

/**
 * Posts `{ id, bot, time, kind, text }` as JSON, time in ISO 8601, with the header `Idempotency-Key: bot/id`, by which the other side can
 * tell a message told twice. Any status of 200 to 299 is success.
 */
export function createWebhook(settings: WebhookSettings, deadlineMs: number): Notifier['send'] {
  const { url } = settings;
  const channel = webhookChannel(settings);
  return async ({ id, bot, time, kind, text }, signal) => {
    const json = { id, bot, time: isoInstant(time), kind, text };
    // A header is ASCII; the name of a market need not be.
    const headers = { 'idempotency-key': encodeURI(`${bot}/${id}`) };
    refuseFailure(channel, await post({ channel, url, headers, json, deadlineMs }, signal));
  };
}
