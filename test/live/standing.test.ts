import { afterEach, describe, expect, it } from 'vitest';
import { type Ledger, openLedger } from '../../src/live/ledger.ts';
import { measuredFills, slippageSample } from '../../src/live/slippage.ts';
import { type Standing, type StandingRules, standing } from '../../src/live/standing.ts';
import { ridgeBot } from '../support/bots.ts';
import { HOUR, randomBars } from '../support/markets.ts';
import { type PaperWorld, paperWorld } from './paper-world.ts';

const one = randomBars({ seed: 1, length: 500, market: 'one', silent: 0 });
const two = randomBars({ seed: 2, length: 500, market: 'two', silent: 0 });
const FROM = Date.UTC(2020, 0, 1) + 300 * HOUR;
const bot = ridgeBot();
const rules: StandingRules = {
  capital: bot.rules.capital,
  calendar: '24/7',
  model: { kind: 'linear', schedule: bot.schedule, frozen: false, horizon: 1 },
  anchor: undefined,
};

let world: PaperWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

function reading<T>(of: PaperWorld, work: (ledger: Ledger) => T): T {
  const ledger = openLedger(of.ledgerFile, 'read');
  try {
    return work(ledger);
  } finally {
    ledger.close();
  }
}
const stands = (of: PaperWorld, slices = 500): Standing =>
  reading(of, (ledger) => standing(ledger.summary(), ledger.recent(slices), rules, undefined));

describe('the standing of a session', () => {
  it('has the model age that the session itself tells, tick by tick, over gaps too', async () => {
    world = await paperWorld({ markets: { 'ONE/USDT': one, 'TWO/USDT': two }, from: FROM, bot });
    const ages = new Set<number>();
    for (let k = 0; k < 60; k++) {
      const [report] = await world.run(1, 40_000);
      const { model, last } = stands(world);
      const serving = report!.modelAge.map((age) => age ?? null);
      // A market without a bar has the age of its last one.
      const present = last!.markets.map(({ close }) => close !== null);
      expect(model!.age.filter((_, m) => present[m])).toEqual(serving.filter((_, m) => present[m]));
      for (const age of model!.age) ages.add(age ?? -1);
      expect(model!.next!.bars).toBeGreaterThan(0);
      expect(model!.next!.bars).toBeLessThanOrEqual(20);
    }
    expect(ages.size).toBeGreaterThan(15);
  });

  it('is that of the whole session where its slices are all asked for, and of the latest where they are not', async () => {
    world = await paperWorld({ markets: { 'ONE/USDT': one, 'TWO/USDT': two }, from: FROM, bot });
    await world.run(40, 40_000);
    const session = world.read();
    const all = reading(world, (ledger) => ledger.recent(500));
    expect(all.decided).toBe(40);
    expect(all.historyFrom).toBe(Math.min(...session.bars.map(({ openTime }) => openTime[0]!)));
    expect(all.closeTime).toEqual(session.trace.closeTime);
    expect(all.forecasts).toEqual(session.forecasts);
    expect(all.events).toEqual(session.trace.events);
    expect(all.observations).toEqual(session.observations);
    expect(all.lasting).toEqual(session.observations.filter(({ kind }) => kind === 'fit' || kind === 'fitMissing' || kind === 'hand'));
    session.bars.forEach(({ openTime, close }, m) => {
      const delivered = new Map(Array.from(openTime, (time, row) => [time + HOUR, close[row]!]));
      expect(all.closes[m]).toEqual(session.trace.closeTime.map((time) => delivered.get(time) ?? Number.NaN));
    });
    const sample = slippageSample(measuredFills(session.trace.events, session.observations));
    expect(stands(world).slippage).toEqual(sample);
    expect(sample.count).toBeGreaterThan(3);

    const latest = reading(world, (ledger) => ledger.recent(25));
    expect(latest.closeTime).toEqual(session.trace.closeTime.slice(-25));
    expect(latest.forecasts).toEqual(session.forecasts.map((column) => column.slice(-25)));
    expect(latest.closes).toEqual(all.closes.map((column) => column.slice(-25)));
    expect(latest.lasting).toEqual(all.lasting);
    expect(latest.events.length).toBeGreaterThan(0);
    expect(latest.events).toEqual(all.events.slice(-latest.events.length));
    const orders = ({ events }: typeof all) => events.filter(({ kind, time }) => kind === 'order' && time >= latest.closeTime[0]!);
    expect(orders(latest)).toEqual(orders(all));
    expect(stands(world, 25).decided).toBe(40);
  });

  it('of a session before its first decision is its capital', async () => {
    world = await paperWorld({ markets: { 'ONE/USDT': one }, from: FROM, bot });
    await world.session();
    expect(stands(world)).toMatchObject({
      decided: 0,
      last: null,
      cash: bot.rules.capital,
      positions: [],
      pending: [],
      model: { age: [null], next: null },
      drift: { band: null, markets: [{ bars: 0 }] },
      slippage: { count: 0, measured: null },
    });
  });

  it('tells the latest alerts that were told', async () => {
    world = await paperWorld({ markets: { 'ONE/USDT': one }, from: FROM, bot });
    await world.session();
    const alerts = [{ time: FROM, text: 'something' }];
    reading(world, ({ summary, recent }) => {
      expect(standing({ ...summary(), alerts }, recent(10), rules, undefined).alerts).toEqual(alerts);
    });
  });
});
