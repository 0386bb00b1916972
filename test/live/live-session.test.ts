import { afterEach, describe, expect, it } from 'vitest';
import { sliceBars } from '../../src/core/bars.ts';
import { createPanel } from '../../src/core/panel.ts';
import { memoryFitStore } from '../../src/models/bundle.ts';
import { createModel } from '../../src/models/model.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import { digest } from '../../src/walk/digest.ts';
import { walk } from '../../src/walk/walked.ts';
import { ridgeBot, surroundings } from '../support/bots.ts';
import { HOUR, randomBars } from '../support/markets.ts';
import { type PaperWorld, paperWorld, type WorldOptions } from './paper-world.ts';

let world: PaperWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});
const open = async (options: WorldOptions) => {
  world = await paperWorld(options);
  return world;
};

/** Two markets whose bars are missing here and there. */
const one = randomBars({ seed: 1, length: 500, market: 'one', silent: 0 });
const two = randomBars({ seed: 2, length: 500, market: 'two', silent: 0 });
const FROM = Date.UTC(2020, 0, 1) + 300 * HOUR;

describe('a session in many short ticks', () => {
  it('decides, fills and marks what one long tick over the same bars does', async () => {
    const { run, replay, read, closes } = await open({ markets: { 'ONE/USDT': one, 'TWO/USDT': two }, from: FROM, bot: ridgeBot() });
    const reports = await run(60, 40_000);
    expect(reports.flatMap(({ slices }) => slices.map(({ closeTime }) => closeTime))).toEqual(closes.slice(0, 60));
    const { identical, decisions, fits } = await replay({}, memoryFitStore());
    expect({ identical, decisions }).toEqual({ identical: true, decisions: 120 });
    expect(fits).toBeGreaterThan(4);
    const session = read();
    const panel = createPanel(
      [one, two].map((bars, m) => ({
        ...sliceBars(
          bars,
          0,
          bars.openTime.findIndex((time) => time + HOUR > closes[59]!),
        ),
        market: session.genesis.markets[m]!,
      })),
    );
    const whole = await walk(ridgeBot(), panel, FROM, surroundings());
    expect(digest(whole.run.trace)).toBe(digest(session.trace));
    expect(session.trace.events.filter(({ kind }) => kind === 'fill').length).toBeGreaterThan(10);
  });

  it('comes out the same however often it is started again', async () => {
    const options = { markets: { 'ONE/USDT': one }, from: FROM, bot: ridgeBot() };
    const whole = await open(options);
    await whole.run(40);
    const undisturbed = whole.digest();
    await whole.close();
    const cut = await open(options);
    for (let k = 0; k < 10; k++) {
      await cut.run(4);
      await cut.restart();
    }
    expect(cut.digest()).toBe(undisturbed);
    expect((await cut.replay()).identical).toBe(true);
  });

  it.each(['mean', 'median', 'stacking'] as const)('forecasts with an ensemble by %s as a walk does', async (combine) => {
    const member = createModel({ kind: 'drift', lookback: 4, features: ['logReturn'], train: { window: 40, validation: 0.2 } });
    const bot = ridgeBot({ ensemble: { members: [member], combine, ...(combine === 'stacking' && { window: 30 }) } });
    const { run, replay, restart } = await open({ markets: { 'ONE/USDT': one }, from: FROM, bot });
    await run(25);
    await restart();
    await run(10);
    expect((await replay({}, memoryFitStore())).differences).toEqual([]);
  });

  it('goes by any built-in strategy as a walk does', async () => {
    const bot = ridgeBot({
      strategy: createStrategy({
        kind: 'vote',
        of: [
          { kind: 'proportional', window: 20 },
          { kind: 'crossover', fast: 3, slow: 9 },
        ],
      }),
    });
    const { run, replay } = await open({ markets: { 'ONE/USDT': one, 'TWO/USDT': two }, from: FROM, bot });
    await run(40, 40_000);
    expect((await replay()).differences).toEqual([]);
  });
});
