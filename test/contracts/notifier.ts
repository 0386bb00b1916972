import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BotMessage, Notifier } from '../../src/live/notify/notifier.ts';
import { NotifierError } from '../../src/live/notify/notifier-error.ts';

/** In everything that is secret. */
export const CANARY = 'canary';

export const MESSAGE: BotMessage = { id: 'b:X:1:0', bot: 'b', time: Date.UTC(2024, 0, 31, 16), kind: 'fill', text: 'bought 1 X at 100' };

/** A request as it came. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A local HTTP server that takes messages, or fails to. */
export interface Recipient {
  /** Such as `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly received: readonly Received[];
  /** Resolves once no connection is left. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export type Reply = (response: ServerResponse, request: Received) => void;

export async function startRecipient(reply: Reply): Promise<Recipient> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(async (request: IncomingMessage, response) => {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    const { method = '', url: path = '', headers } = request;
    const one = { method, path, headers, body };
    received.push(one);
    reply(response, one);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    idle: async () => {
      while (sockets.size > 0) await new Promise((resolve) => [...sockets][0]!.once('close', resolve));
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const MEGABYTES = 10;

/** Writes 10 MB as fast as they are taken. */
function flood(response: ServerResponse): void {
  const piece = Buffer.alloc(1_000_000, 'x');
  let left = MEGABYTES;
  const more = () => {
    while (left-- > 0) if (!response.write(piece)) return;
    response.end();
  };
  response.on('drain', more);
  more();
}

const BODIES: Readonly<Record<string, (response: ServerResponse) => void>> = {
  ends: (response) => response.end('{"ok":true}'),
  'never comes': (response) => response.flushHeaders(),
  'stops half way': (response) => response.write('{"ok":'),
  'breaks off': (response) => {
    response.write('{"ok":');
    setImmediate(() => response.socket?.resetAndDestroy());
  },
  'is 10 MB long': flood,
};

/**
 * What every notifier keeps to, whatever the other side does. `create` makes one that tells everything to a server with some deadline; every secret in
 * its settings holds `CANARY`.
 */
export function notifierContract(name: string, create: (url: string, deadlineMs: number) => Notifier): void {
  describe(`the notifier ${name}`, () => {
    let recipient: Recipient;
    let reply: Reply;
    beforeEach(async () => {
      recipient = await startRecipient((response, request) => reply(response, request));
    });
    afterEach(() => recipient.close());

    const send = (deadlineMs = 5000, signal = new AbortController().signal) => create(recipient.url, deadlineMs).send(MESSAGE, signal);
    const failure = async (deadlineMs?: number, signal?: AbortSignal): Promise<NotifierError> => {
      const error: unknown = await send(deadlineMs, signal).then(
        () => 'taken',
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(NotifierError);
      const shown = `${(error as Error).stack} ${inspect(error, { showHidden: true, depth: 9 })} ${JSON.stringify(error)}`;
      expect(shown).not.toContain(CANARY);
      expect((error as Error).message).toContain(`Expected ${create(recipient.url, 1).channel} to take a message, received `);
      return error as NotifierError;
    };

    it('has a channel that is the same each time and holds no secret', () => {
      const { channel } = create('http://127.0.0.1:1', 1);
      expect(channel).toBe(create('http://127.0.0.1:1', 2).channel);
      expect(channel).not.toContain(CANARY);
    });

    it.each(Object.entries(BODIES))('takes status 200 for success where its body %s', async (_, body) => {
      reply = (response) => {
        response.writeHead(200);
        body(response);
      };
      await send();
      await recipient.idle();
      expect(recipient.received).toHaveLength(1);
      expect(recipient.received[0]).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } });
    });

    it.each(Object.entries(BODIES))('takes status 500 for a failure where its body %s', async (_, body) => {
      reply = (response) => {
        response.writeHead(500);
        body(response);
      };
      expect((await failure(150)).message).toMatch(/received status 500; it is told again later$/);
      await recipient.idle();
    });

    it('reads no more of an answer of 10 MB than its beginning', async () => {
      let whole: boolean | undefined;
      const closed = new Promise<void>((resolve) => {
        reply = (response) => {
          response.on('close', () => {
            whole = response.writableFinished;
            resolve();
          });
          response.writeHead(500);
          flood(response);
        };
      });
      await failure();
      await closed;
      expect(whole).toBe(false);
    });

    it('gives up at its deadline where no answer comes, and keeps no connection', async () => {
      reply = () => {};
      expect((await failure(100)).message).toMatch(/received nothing within 0.1 s/);
      await recipient.idle();
    });

    it('ends at once when all is to end, before or after it was sent', async () => {
      const controller = new AbortController();
      reply = () => controller.abort();
      await failure(60_000, controller.signal);
      await failure(60_000, controller.signal);
      expect(recipient.received).toHaveLength(1);
      await recipient.idle();
    });

    it('fails where the connection is reset, and where there is nobody', async () => {
      reply = (response) => response.socket?.resetAndDestroy();
      expect((await failure()).message).toMatch(/received a failure \(ECONNRESET\)/);
      await recipient.close();
      expect((await failure()).message).toContain('received a failure (ECONNREFUSED)');
      recipient = await startRecipient(() => {});
    });

    it.each([301, 302, 307, 308])('follows no redirect of status %i', async (status) => {
      const elsewhere = await startRecipient((response) => response.end());
      reply = (response) => response.writeHead(status, { location: `${elsewhere.url}/${CANARY}` }).end();
      expect((await failure()).message).toContain(`a redirect (status ${status}); it is not followed`);
      expect(elsewhere.received).toHaveLength(0);
      await elsewhere.close();
    });

    it('says how long it was asked to wait, and nothing where it was not', async () => {
      reply = (response) => response.writeHead(429, { 'retry-after': '7' }).end();
      expect((await failure()).retryAfterMs).toBe(7000);
      reply = (response) => response.writeHead(429, { 'retry-after': 'soon' }).end('{"parameters":null}');
      expect((await failure()).retryAfterMs).toBeUndefined();
    });

    it('quotes nothing of an answer that repeats the request', async () => {
      reply = (response, { path, body }) =>
        response.writeHead(400, `Bad ${CANARY}`, { 'x-path': path }).end(JSON.stringify({ description: path + body }));
      await failure();
    });
  });
}
