import { afterEach, describe, expect, it } from 'vitest';
import { createNotifier } from '../../../src/live/notify/notifier.ts';
import { isWebhook } from '../../../src/live/notify/webhook.ts';
import { CANARY, MESSAGE, notifierContract, type Recipient, startRecipient } from '../../contracts/notifier.ts';

const notifier = (url: string, deadlineMs = 5000) => createNotifier({ kind: 'webhook', url, on: ['fill'] }, { deadlineMs });
const { signal } = new AbortController();

notifierContract('webhook', (url, deadlineMs) => notifier(`${url}/${CANARY}?key=${CANARY}`, deadlineMs));

describe('a webhook', () => {
  let recipient: Recipient | undefined;
  afterEach(() => recipient?.close());

  it('gets the message as JSON, with a key by which it can be told from another', async () => {
    recipient = await startRecipient((response) => response.writeHead(204).end());
    await notifier(`${recipient.url}/hook?a=b`).send(MESSAGE, signal);
    expect(recipient.received).toEqual([
      expect.objectContaining({ method: 'POST', path: '/hook?a=b', headers: expect.objectContaining({ 'idempotency-key': 'b/b:X:1:0' }) }),
    ]);
    expect(JSON.parse(recipient.received[0]!.body)).toEqual({
      id: 'b:X:1:0',
      bot: 'b',
      time: '2024-01-31T16:00:00.000Z',
      kind: 'fill',
      text: 'bought 1 X at 100',
    });
  });

  it('gets keys of markets whose names are not ASCII', async () => {
    recipient = await startRecipient((response) => response.end());
    await notifier(recipient.url).send({ ...MESSAGE, id: 'b:csv:日 本.csv:1\n', text: 'größer' }, signal);
    expect(recipient.received[0]!.headers['idempotency-key']).toBe('b/b:csv:%E6%97%A5%20%E6%9C%AC.csv:1%0A');
    expect(JSON.parse(recipient.received[0]!.body)).toMatchObject({ id: 'b:csv:日 本.csv:1\n', text: 'größer' });
  });

  it('is called by its host, and by a hash that tells two addresses apart', () => {
    const channel = (url: string) => notifier(url).channel;
    expect(channel('https://hooks.example:8443/a?b')).toMatch(/^webhook:hooks\.example:8443#[0-9a-f]{8}$/);
    expect(channel('https://hooks.example/a')).not.toBe(channel('https://hooks.example/b'));
  });

  it.each([
    ['https://hooks.example/a', true],
    ['http://127.0.0.1:80/a', true],
    ['http://localhost:3000', true],
    ['http://hooks.example/a', false],
    ['http://127.0.0.1.hooks.example/a', false],
    ['http://127.0.0.1@hooks.example/a', false],
    ['https://user:word@hooks.example/a', false],
    ['ftp://localhost/a', false],
    ['hooks.example/a', false],
    ['', false],
  ])('may lie at %s: %s', (url, valid) => {
    expect(isWebhook(url)).toBe(valid);
  });
});
