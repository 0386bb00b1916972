// Two networks beside everything they must beat, on a market that is known to hold something to learn and on one that holds nothing.
import { experiment, experimentText, gru, lstm, synthetic } from '../src/index.ts';

const options = { bars: 3000, intervalMs: 3_600_000, start: Date.UTC(2022, 0, 1), seed: 11 };
const train = { epochs: 20, patience: 5 };
const models = {
  gru: gru({ units: [16], lookback: 10, features: ['return'], train }),
  lstm: lstm({ units: [16], lookback: 10, features: ['return'], train }),
};

for (const kind of ['planted', 'white-noise'] as const) {
  const { bars, truth } = synthetic(kind, options);
  const { report } = await experiment({ bars, models, baselines: ['persistence', 'drift', 'linear', 'boosting'], seed: 7, name: kind });
  console.log(truth);
  console.log(experimentText(report, { colour: false, width: 100, timings: false }));
  console.log();
}
