import { afterEach, describe, expect, it } from 'vitest';
import { createNotifier } from '../../../src/live/notify/notifier.ts';
import type { NotifierError } from '../../../src/live/notify/notifier-error.ts';
import { CANARY, MESSAGE, notifierContract, type Recipient, type Reply, startRecipient } from '../../contracts/notifier.ts';

const notifier = (telegram: string, deadlineMs = 5000, chat = '-100123', token = `42:${CANARY}`) =>
  createNotifier({ kind: 'telegram', token, chat, on: ['fill'] }, { deadlineMs, telegram });
const { signal } = new AbortController();

notifierContract('telegram', (url, deadlineMs) => notifier(url, deadlineMs, `@${CANARY}`));

// Requests and answers as https://core.telegram.org/bots/api describes them.
describe('Telegram', () => {
  let recipient: Recipient;
  afterEach(() => recipient?.close());
  const start = async (reply: Reply) => {
    recipient = await startRecipient(reply);
    return notifier(recipient.url);
  };
  const refusal = async (reply: Reply): Promise<NotifierError> => {
    const found = await start(reply);
    const error = await found.send(MESSAGE, signal).catch((thrown: unknown) => thrown);
    await recipient.close();
    return error as NotifierError;
  };

  it('is asked to send the text to the chat', async () => {
    const found = await start((response) => response.end('{"ok":true,"result":{}}'));
    await found.send(MESSAGE, signal);
    const [{ path, body } = { path: '', body: '' }] = recipient.received;
    expect(path).toBe(`/bot42:${CANARY}/sendMessage`);
    expect(JSON.parse(body)).toEqual({ chat_id: '-100123', text: 'b, 2024-01-31 16:00 UTC: bought 1 X at 100' });
  });

  it('gets at most the 4096 characters that it takes, none of them cut in half', async () => {
    const found = await start((response) => response.end());
    const prefix = 'b, 2024-01-31 16:00 UTC: '.length;
    for (const text of ['x'.repeat(4096 - prefix), 'x'.repeat(4097 - prefix), `${'x'.repeat(4094 - prefix)}😀😀`]) {
      await found.send({ ...MESSAGE, text }, signal);
    }
    const [whole, cut, pair] = recipient.received.map(({ body }) => (JSON.parse(body) as { text: string }).text);
    expect(whole).toHaveLength(4096);
    expect(whole).toMatch(/x$/);
    expect(cut).toHaveLength(4096);
    expect(cut).toMatch(/x…$/);
    expect(pair).toMatch(/x…$/);
  });

  it('says in its answer how long to wait', async () => {
    const body = '{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 14","parameters":{"retry_after":14}}';
    expect((await refusal((response) => response.writeHead(429).end(body))).retryAfterMs).toBe(14_000);
    expect((await refusal((response) => response.writeHead(429).end('{"parameters":{"retry_after":-1}}'))).retryAfterMs).toBeUndefined();
    expect((await refusal((response) => response.writeHead(429).end('[]'))).retryAfterMs).toBeUndefined();
  });

  it.each([
    [400, 'check the chat'],
    [401, 'check the token'],
    [403, 'let the Telegram bot into the chat'],
    [404, 'check the token'],
    [502, 'it is told again later'],
  ])('refuses with status %i: %s', async (status, advice) => {
    expect((await refusal((response) => response.writeHead(status).end('{}'))).message).toMatch(new RegExp(`status ${status}; ${advice}$`));
  });

  it('has a channel for each bot and chat, whatever the secret of the bot', () => {
    const channel = (chat: string, token: string) => notifier('http://127.0.0.1:1', 1, chat, token).channel;
    expect(channel('1', '42:a')).toMatch(/^telegram:#[0-9a-f]{8}$/);
    expect(channel('1', '42:a')).toBe(channel('1', '42:b'));
    expect(new Set([channel('1', '42:a'), channel('2', '42:a'), channel('1', '43:a')]).size).toBe(3);
  });
});
