import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { afterClose, type ForwardWorld, forwardWorld } from './forward-world.ts';

const PLAIN = `markets: ["binance:BTC/USDT"]
interval: 1h
`;
let world: ForwardWorld;
beforeAll(async () => {
  world = await forwardWorld();
});
afterAll(() => world.close());

const MODULE = `import type { OwnPolicy, Signal } from 'paperwalk';
/** The change of the forecast since three bars ago, which only a session that knows its past forecasts can tell. */
const turning: Signal = {
  name: 'turning',
  needs: 'forecast',
  column: (_bars, forecast) => forecast.map((value, i) => (i < 3 ? Number.NaN : value - (Number.isNaN(forecast[i - 3]!) ? 0 : forecast[i - 3]!))),
};
export default () => ({
  name: 'turning',
  signals: [turning],
  policy: {
    kind: 'turning',
    slots: ['seen'],
    decide(view: any, memory: Float64Array, at: number) {
      memory[at]! += 1;
      const now = view.signal[view.i];
      const before = view.forecast[view.i - 2];
      if (Number.isNaN(now)) return Number.NaN;
      return now > 0 && !(before > 0.001) ? 1 : 0;
    },
  },
  short: false,
});
`;

describe('paper trading as people do it', () => {
  it("runs code of a person's own that looks back at earlier forecasts, through restarts, and replays and explains it", async () => {
    writeFileSync(join(world.folder, 'turning.ts'), MODULE);
    const bot = world.bot(
      'own',
      `${PLAIN}model: { kind: linear, lookback: 4, train: { window: 60 } }\nschedule: { retrain: 5 }\nstrategy: ./turning.ts\n`,
    );
    for (let n = 1; n <= 8; n++) expect((await world.once(bot, n)).stderr).toBe('');
    const { code, stdout, stderr } = await world.run(['replay', bot, '--refit', '--json', '--quiet']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ identical: true, decisions: 7 });
    const explained = await world.run(['explain', bot, new Date(afterClose(8)).toISOString(), '--quiet']);
    expect(explained.code).toBe(0);
    expect(explained.stdout).toContain('turning');
  });

  it('flattens though somebody pauses before the next decision, at the market though exits wait in the book', async () => {
    const bot = world.bot('wish', `${PLAIN}strategy: buy-and-hold\norders: { exit: { kind: limit, offset: 20% } }\n`);
    await world.once(bot, 9);
    await world.once(bot, 10);
    for (const wish of ['flatten', 'pause']) expect((await world.run(['paper', wish, bot])).code).toBe(0);
    const { stdout } = await world.once(bot, 11);
    expect(stdout).toMatch(/flattened and paused from/);
    expect(stdout).not.toMatch(/(?<!and )paused from/);
    await world.once(bot, 12);
    const { sessions } = (await world.json(['status', bot])) as { sessions: { positions: unknown[]; hand: string }[] };
    expect(sessions[0]).toMatchObject({ positions: [], hand: 'flatten' });
    expect((await world.run(['replay', bot, '--quiet'])).code).toBe(0);
    // And a wish that is misspelt is no name of a file.
    const misspelt = await world.run(['paper', 'flaten', bot]);
    expect(misspelt).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean paperwalk paper flatten') });
  });

  it('goes on with other bots where one cannot run, and says which', async () => {
    const [good, bad] = [world.bot('good', `${PLAIN}strategy: buy-and-hold\n`), world.bot('bad', `${PLAIN}strategy: buy-and-hold\n`)];
    await world.once(bad, 13);
    const changed = world.bot('bad', `${PLAIN}capital: 5\nstrategy: buy-and-hold\n`);
    world.time.moveTo(afterClose(14));
    const { code, stdout, stderr } = await world.run(['paper', changed, good, '--once']);
    expect(code).toBe(5);
    expect(stderr).toMatch(/^bad: .*capital: 10000, now 5/);
    expect(stdout).toMatch(/^good: a new session/m);
  });

  it('tells a stop where it happened, and explains it at its bar', async () => {
    const bot = world.bot('stop', `${PLAIN}strategy: buy-and-hold\nguards: { stopLoss: 0.01% }\n`);
    await world.once(bot, 15);
    await world.once(bot, 16);
    const { stdout } = await world.once(bot, 18);
    expect(stdout).toMatch(/stop loss.*the position is given up at/);
    const { sessions } = (await world.json(['status', bot])) as { sessions: { fills: { time: string; reason: string }[] }[] };
    const stopped = sessions[0]!.fills.find(({ reason }) => reason.startsWith('stopLoss'))!;
    const close = new Date(Date.parse(stopped.time) + 3_600_000).toISOString();
    expect((await world.run(['explain', bot, close])).stdout).toMatch(/^in the bar .*\(stop loss/m);
  });
});
