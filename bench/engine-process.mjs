// One workload in a process of its own, on the compiled package, so that its memory is its own: node engine-process.mjs MARKETS REPETITIONS [orders]
import { createPanel, createStrategy, run, synthetic } from '../dist/index.js';

const BARS = 1_000_000;
const markets = Number(process.argv[2]);
const repetitions = Number(process.argv[3]);

const bars = Array.from({ length: markets }, (_, k) => ({
  ...synthetic('white-noise', { bars: BARS / markets, intervalMs: 60_000, start: Date.UTC(2020, 0, 1), seed: k + 1, volatility: 0.0005 })
    .bars,
  market: `market-${k}`,
}));
const strategy = createStrategy({ kind: 'crossover', fast: 10, slow: 30 });
const rules = {
  capital: 10_000,
  fill: 'next-open',
  costs: { taker: 0.0001, slippage: 0 },
  share: 1 / markets,
  band: 0.05,
  // With everything that a bar can set off: a stop, a target, a trailing stop, and less volume than is wanted.
  ...(process.argv[4] === 'orders' && {
    guards: { stopLoss: 0.005, takeProfit: 0.01, trailingStop: { fraction: 0.008 } },
    volumeCap: { share: 0.05, quantity: 'resolve' },
  }),
};
const panel = createPanel(bars);

const times = [];
let last;
for (let repetition = 0; repetition < repetitions; repetition++) {
  last = undefined;
  // Outside the measured time: every run starts on a clean heap.
  globalThis.gc();
  const start = performance.now();
  const signals = panel.markets.map((market) => strategy.signals.map((signal) => signal.column(market, market.close)));
  const middle = performance.now();
  const { trace } = run({
    name: 'bench',
    panel,
    policy: strategy.policy,
    signals,
    forecasts: signals.map(([signal]) => signal),
    rules,
    from: 0,
    to: panel.closeTime.length,
  });
  const end = performance.now();
  times.push({ indicators: (middle - start) / 1000, fold: (end - middle) / 1000 });
  last = trace;
}
const total = ({ indicators, fold }) => indicators + fold;
times.sort((a, b) => total(a) - total(b));
const median = times[Math.floor(times.length / 2)];
console.log(
  JSON.stringify({
    bars: BARS,
    barsPerSecond: BARS / total(median),
    indicatorSeconds: median.indicators,
    foldSeconds: median.fold,
    traceLength: last.equity.length,
    finalEquity: last.equity[last.equity.length - 1],
    fills: last.events.filter((event) => event.kind === 'fill').length,
    peakMemoryMB: process.resourceUsage().maxRSS / 1024,
  }),
);
