// A small GRU, retrained as the walk moves on, on a market that is known to hold something to learn.
import { backtest, gru, synthetic, threshold } from '../src/index.ts';

const { bars, truth } = synthetic('planted', { bars: 4200, intervalMs: 3_600_000, start: Date.UTC(2022, 0, 1), seed: 11 });
console.log(truth);

const result = await backtest({
  bars,
  model: gru({ units: [16], lookback: 10, features: ['return'], train: { window: 2000, epochs: 20, patience: 5 } }),
  schedule: { retrain: 500 },
  policy: threshold({ enter: 0.001, exit: -0.001 }),
  costs: { taker: 0.0005 },
  seed: 7,
});

for (const fold of result.report.forecast?.folds ?? []) {
  console.log(`${fold.from.slice(0, 10)} to ${fold.to.slice(0, 10)}: skill against the last price ${fold.skillVsPersistence?.toFixed(3)}`);
}
console.log(result.report.verdict);
