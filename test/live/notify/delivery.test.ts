import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDelivery } from '../../../src/live/notify/delivery.ts';
import { type BotMessage, createNotifier, type Notifier } from '../../../src/live/notify/notifier.ts';
import { NotifierError } from '../../../src/live/notify/notifier-error.ts';
import type { Outbox } from '../../../src/live/notify/outbox.ts';
import type { Message, MessageKind } from '../../../src/live/session.ts';
import { startRecipient } from '../../contracts/notifier.ts';

const message = (number: number, kind: MessageKind = 'fill'): Message => ({
  id: String(number),
  time: number,
  kind,
  text: `text ${number}`,
});
const numbers = (count: number) => Array.from({ length: count }, (_, k) => k);

/** An outbox in memory; `told` in its order. */
function outboxOf(messages: readonly Message[]): Outbox & { readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    pending: (channels) =>
      messages.flatMap((one) =>
        channels.filter((name) => !told.includes(`${name} ${one.id}`)).map((channel) => ({ message: one, channel })),
      ),
    tell: (id, channel) => void told.push(`${channel} ${id}`),
  };
}

function notifierOf(channel: string, send: (message: BotMessage) => void, kinds: readonly MessageKind[] = ['fill']): Notifier {
  return { channel, kinds: new Set(kinds), send: async (one) => send(one) };
}

const { signal } = new AbortController();
const QUIET = { bot: 'b', now: () => 0, onProblem: () => {} };

describe('a delivery', () => {
  it('tells every channel everything in order, all in one round', async () => {
    const outbox = outboxOf(numbers(3).map((k) => message(k)));
    const sent: string[] = [];
    const notifiers = ['a', 'b'].map((name) => notifierOf(name, ({ bot, id }) => void sent.push(`${name} ${bot} ${id}`)));
    await createDelivery({ ...QUIET, outbox, notifiers }).run(signal);
    for (const name of ['a', 'b']) {
      expect(sent.filter((line) => line.startsWith(name))).toEqual([`${name} b 0`, `${name} b 1`, `${name} b 2`]);
      expect(outbox.told.filter((line) => line.startsWith(name))).toEqual([`${name} 0`, `${name} 1`, `${name} 2`]);
    }
  });

  it('settles what a channel does not want without sending it', async () => {
    const outbox = outboxOf([message(0, 'fit'), message(1), message(2, 'fit')]);
    const sent: string[] = [];
    await createDelivery({ ...QUIET, outbox, notifiers: [notifierOf('a', ({ id }) => void sent.push(id))] }).run(signal);
    expect(sent).toEqual(['1']);
    expect(outbox.told).toEqual(['a 0', 'a 1', 'a 2']);
  });

  it('waits 1 s after a failure, twice as long after each further one, 10 min at most, and starts anew after a success', async () => {
    let now = 0;
    let broken = true;
    let tries = 0;
    const outbox = outboxOf([message(0), message(1)]);
    const send = () => {
      tries++;
      if (broken) throw new Error('down');
      broken = true;
    };
    const delivery = createDelivery({ ...QUIET, now: () => now, outbox, notifiers: [notifierOf('a', send)] });
    const pauses: number[] = [];
    const fail = async () => {
      await delivery.run(signal);
      pauses.push(delivery.dueAt()! - now);
      const before = tries;
      now = delivery.dueAt()! - 1;
      await delivery.run(signal);
      expect(tries).toBe(before);
      now++;
    };
    expect(delivery.dueAt()).toBeUndefined();
    for (let k = 0; k < 12; k++) await fail();
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600].map((seconds) => seconds * 1000));
    broken = false;
    pauses.length = 0;
    await fail();
    expect(outbox.told).toEqual(['a 0']);
    expect(pauses).toEqual([1000]);
    broken = false;
    await delivery.run(signal);
    expect(delivery.dueAt()).toBeUndefined();
  });

  it('waits as long as the other side asks, an hour at most and a second at least', async () => {
    for (const [asked, expected] of [
      [14_000, 14_000],
      [1e12, 3_600_000],
      [0, 1000],
    ] as const) {
      const send = () => {
        throw new NotifierError('a', 'status 429', 'later', asked);
      };
      const delivery = createDelivery({ ...QUIET, outbox: outboxOf([message(0)]), notifiers: [notifierOf('a', send)] });
      await delivery.run(signal);
      expect(delivery.dueAt()).toBe(expected);
    }
  });

  it('is not held up on one channel by another that fails', async () => {
    const outbox = outboxOf([message(0), message(1)]);
    const problems: string[] = [];
    const down = notifierOf('a', () => {
      throw new Error('down');
    });
    const delivery = createDelivery({
      ...QUIET,
      outbox,
      notifiers: [down, notifierOf('b', () => {})],
      onProblem: (channel, text) => problems.push(`${channel}: ${text}`),
    });
    await delivery.run(signal);
    expect(outbox.told).toEqual(['b 0', 'b 1']);
    expect(problems).toEqual(['a: down']);
  });

  it('tells again what was taken but could not be noted, and never rejects', async () => {
    let full = true;
    let now = 0;
    const sent: string[] = [];
    const problems: string[] = [];
    const inner = outboxOf([message(0)]);
    const outbox: Outbox = {
      pending: inner.pending,
      tell: (...args) => {
        if (full) throw new Error('disk full');
        inner.tell(...args);
      },
    };
    const options = { ...QUIET, now: () => now, onProblem: (_: string, text: string) => problems.push(text) };
    const delivery = createDelivery({ ...options, outbox, notifiers: [notifierOf('a', ({ id }) => void sent.push(id))] });
    await delivery.run(signal);
    full = false;
    now = 1000;
    await delivery.run(signal);
    expect(sent).toEqual(['0', '0']);
    expect(problems).toEqual(['disk full']);
    const unreadable = {
      ...inner,
      pending: () => {
        throw new Error('locked');
      },
    };
    await createDelivery({ ...options, outbox: unreadable, notifiers: [notifierOf('a', () => {})] }).run(signal);
    expect(problems).toEqual(['disk full', 'locked']);
  });

  it('joins a round that is under way', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let sent = 0;
    const notifier: Notifier = {
      ...notifierOf('a', () => {}),
      send: () => {
        sent++;
        return gate;
      },
    };
    const delivery = createDelivery({ ...QUIET, outbox: outboxOf([message(0)]), notifiers: [notifier] });
    const both = Promise.all([delivery.run(signal), delivery.run(signal)]);
    release();
    await both;
    expect(sent).toBe(1);
  });

  it('that is to end stops without calling it a failure, and goes on later', async () => {
    const recipient = await startRecipient(() => controller.abort());
    const controller = new AbortController();
    const problems: string[] = [];
    const outbox = outboxOf([message(0), message(1)]);
    const notifiers = [createNotifier({ kind: 'webhook', url: recipient.url, on: ['fill'] })];
    const delivery = createDelivery({ ...QUIET, outbox, notifiers, onProblem: (_, text) => problems.push(text) });
    await delivery.run(controller.signal);
    await delivery.run(controller.signal);
    expect({ told: outbox.told, problems, due: delivery.dueAt(), received: recipient.received.length }).toEqual({
      told: [],
      problems: [],
      due: undefined,
      received: 1,
    });
    await recipient.close();
  });

  it('tells everything at least once and in order, whatever fails, crashes of the process included', async () => {
    const kinds = fc.array(fc.constantFrom<MessageKind>('fill', 'alert', 'fit'), { maxLength: 8 });
    const failures = fc.array(fc.constantFrom('taken', 'refused', 'taken and lost'), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(kinds, failures, fc.boolean(), async (kindsOf, outcomes, restarting) => {
        const outbox = outboxOf(kindsOf.map((kind, k) => message(k, kind)));
        const taken: Record<string, string[]> = { a: [], b: [] };
        let now = 0;
        let step = 0;
        const notifiers = Object.entries(taken).map(([name, list]) =>
          notifierOf(
            name,
            ({ id }) => {
              const outcome = outcomes[step++] ?? 'taken';
              if (outcome !== 'refused') list.push(id);
              if (outcome !== 'taken') throw new Error(outcome);
            },
            ['fill', 'alert'],
          ),
        );
        const create = () => createDelivery({ ...QUIET, now: () => now, outbox, notifiers });
        let delivery = create();
        for (let round = 0; round < 40; round++) {
          await delivery.run(signal);
          if (restarting) delivery = create();
          now = Math.max(now + 1, delivery.dueAt() ?? 0);
        }
        const wanted = kindsOf.flatMap((kind, k) => (kind === 'fit' ? [] : [String(k)]));
        for (const list of Object.values(taken)) expect(list.filter((id, k) => id !== list[k - 1])).toEqual(wanted);
        expect(outbox.told).toHaveLength(kindsOf.length * 2);
        expect(delivery.dueAt()).toBeUndefined();
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
