// The soak: npm run soak [-- DAYS MARKETS], by default 30 days of 1-minute bars in 10 markets (432,000 bars) in compressed time.
// A session with a network that is trained again every week runs tick by tick through all but the network of cables: bars come from memory. Then it
// is replayed with every fit trained again. Exits with 1 where the replay differs.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bars, firstRowAt, sliceBars } from '../src/core/bars.ts';
import { synthetic } from '../src/data/synthetic.ts';
import { candleAt } from '../src/live/deliveries.ts';
import { createLedger, openLedger } from '../src/live/ledger.ts';
import { createLiveSession } from '../src/live/live-session.ts';
import { trainedModels } from '../src/live/models.ts';
import { replay } from '../src/live/replay.ts';
import { ASKED_AGAIN, type BarSource } from '../src/live/source.ts';
import { learners } from '../src/models/baselines/learners.ts';
import { memoryFitStore } from '../src/models/bundle.ts';
import { loadTrainer } from '../src/models/engines/load.ts';
import { createModel } from '../src/models/model.ts';
import { createSchedule } from '../src/models/schedule.ts';
import { createStrategy } from '../src/strategies/registry.ts';
import type { Bot } from '../src/walk/bot.ts';
import { onlyOnce } from '../src/walk/only-once.ts';

const MINUTE = 60_000;
const DAY = 1440;
const HISTORY = 2000;
const MB = 1 << 20;
const [days = 30, marketCount = 10] = process.argv.slice(2).map(Number);
const ticks = days * DAY;
const start = Date.UTC(2024, 0, 1);
const from = start + HISTORY * MINUTE;
const markets = Array.from({ length: marketCount }, (_, m): Bars => {
  const kind = (['trend', 'mean-reverting', 'regime'] as const)[m % 3]!;
  const { bars } = synthetic(kind, { bars: HISTORY + ticks, intervalMs: MINUTE, start, seed: 100 + m, volatility: 0.001 });
  return { ...bars, market: `soak:M${String(m).padStart(2, '0')}/USD` };
});

const bot: Bot = {
  name: 'soak',
  calendar: '24/7',
  periodsPerYear: 525_960,
  period: {},
  evaluate: 'all',
  rules: {
    capital: 100_000,
    fill: 'next-open',
    costs: { taker: 0.0005, slippage: 0.0001 },
    share: 1 / marketCount,
    band: 0.02,
    guards: { stopLoss: 0.02, cooldown: 5, expiredModel: 'flat' },
  },
  strategy: createStrategy({ kind: 'threshold', enter: 0.0002, exit: 0 }),
  model: createModel({ kind: 'gru', units: [8], lookback: 10, train: { window: 600, epochs: 3 } }),
  schedule: createSchedule({ retrain: 7 * DAY }),
  // The first fit is asked for within the history.
  anchor: from - 100 * MINUTE,
  seed: 1,
};

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-soak-'));
const file = join(folder, 'soak.sqlite');
let now = from + 1;
/** What exchanges would say, without the wires. */
const source: BarSource = {
  time: async () => now,
  since: async (since, present) =>
    markets.map((bars) => {
      const [first, end] = [firstRowAt(bars, since), firstRowAt(bars, present - MINUTE + 1)];
      return { bars: Array.from({ length: end - first }, (_, k) => candleAt(bars, first + k)), refused: [] };
    }),
  quote: async () => ({ bid: 1, ask: 1, last: 1, time: now }),
};
const trainer = onlyOnce(loadTrainer);
const around = {
  networkTrainer: trainer,
  learnerTrainer: (kind: keyof typeof learners) => learners[kind],
  fits: memoryFitStore(),
  clock: () => 0,
};
createLedger(
  file,
  {
    name: bot.name,
    config: {},
    completion: {},
    version: '0',
    markets: markets.map(({ market }) => market),
    intervalMs: MINUTE,
    from,
    begun: from,
    band: null,
  },
  markets.map((bars) => sliceBars(bars, 0, HISTORY)),
).close();
const ledger = openLedger(file, 'write');
const live = createLiveSession({
  bot,
  settings: { graceMs: 15_000, maxLatenessMs: 20_000, missed: 'skip' },
  ledger,
  source,
  models: await trainedModels(bot, around),
  fits: around.fits,
  clock: { now: () => now, sleep: async () => undefined },
  signal: new AbortController().signal,
  version: '0',
  onProblem: (words) => console.error(words),
});
await live.open();
const took = new Float64Array(ticks);
const memory: { readonly tick: number; readonly rss: number; readonly heap: number; readonly columns: number }[] = [];
const began = performance.now();
for (let k = 0; k < ticks; k++) {
  now = from + (k + 1) * MINUTE + 1000;
  const before = performance.now();
  await live.tick();
  took[k] = performance.now() - before;
  // In real time a training has a minute.
  await live.idle();
  if ((k + 1) % Math.max(1, Math.floor(ticks / 10)) === 0) {
    globalThis.gc?.();
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    memory.push({ tick: k + 1, rss: rss / MB, heap: heapUsed / MB, columns: arrayBuffers / MB });
    const { tick, rss: all, heap, columns } = memory.at(-1)!;
    console.log(
      `${tick} ticks, ${((performance.now() - began) / 1000).toFixed(0)} s: ${all.toFixed(0)} MB in all, ${heap.toFixed(1)} MB of objects, ${columns.toFixed(0)} MB of columns`,
    );
  }
}
live.close();
ledger.close();
took.sort();
const quantile = (share: number) => took[Math.min(ticks - 1, Math.floor(share * ticks))]!.toFixed(2);
const reader = openLedger(file, 'read');
const readFrom = performance.now();
const session = reader.read();
const read = (performance.now() - readFrom) / 1000;
reader.close();
const replayFrom = performance.now();
const { identical, decisions, fits } = await replay(session, { ...around, fits: memoryFitStore() }, { recorded: { bot, missed: 'skip' } });
const replayed = (performance.now() - replayFrom) / 1000;
const flat = memory.slice(1).map(({ heap }) => heap);
console.log(
  [
    `${ticks * marketCount} bars of ${marketCount} markets in ${ticks} ticks, asked again ${ASKED_AGAIN} bars back each time; ${session.trace.events.length} events`,
    `tick: median ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, p99.9 ${quantile(0.999)} ms, longest ${quantile(1)} ms`,
    `objects between the second and the last tenth: ${Math.min(...flat).toFixed(1)} to ${Math.max(...flat).toFixed(1)} MB`,
    `ledger: ${(statSync(file).size / MB).toFixed(1)} MB, ${(statSync(file).size / (ticks * marketCount)).toFixed(0)} bytes a bar; read and checked in ${read.toFixed(1)} s`,
    `replay of ${decisions} decisions, ${fits} fits trained again, in ${replayed.toFixed(1)} s: ${identical ? 'identical' : 'NOT IDENTICAL'}`,
  ].join('\n'),
);
rmSync(folder, { recursive: true });
process.exit(identical ? 0 : 1);
