// A policy that places orders of its own: buys falls below the average by limit orders, each with a stop and a target that live from its fill on.
import { backtest, HOLD, indicator, type Policy, type Signal, synthetic } from '../src/index.ts';

const { bars, truth } = synthetic('mean-reverting', { bars: 5000, intervalMs: 14_400_000, start: Date.UTC(2022, 0, 1), seed: 3 });

const belowAverage: Signal = {
  name: 'distance from the average of 20 closes',
  column(own) {
    const [average] = indicator('sma', 20).compute(own);
    return own.close.map((price, i) => price / (average?.[i] ?? Number.NaN) - 1);
  },
};

const buyFalls: Policy = {
  kind: 'buy falls',
  slots: [],
  decide({ bars: own, i, signal, exposure, place }) {
    const price = own.close[i] ?? Number.NaN;
    if (exposure === 0 && (signal[i] ?? 0) < -0.02) {
      const protection = { stopLoss: 0.975 * price, takeProfit: 1.02 * price };
      // Once one of the group is filled, those that still wait are cancelled.
      place({ kind: 'limit', exposure: 1, limit: 0.995 * price, timeInForce: 3, group: 'entry', protection, reason: 'fall' });
    }
    return HOLD;
  },
};

const { report } = await backtest({
  bars,
  signal: belowAverage,
  policy: buyFalls,
  costs: { taker: 0.001, maker: 0.0002, slippage: 0.0002 },
  guards: { timeStop: 12, maxDrawdown: { limit: 0.3 } },
});

console.log(truth);
for (const reason of new Set(report.trades.map((trade) => trade.exitReason ?? 'still open'))) {
  console.log(`${reason}: ${report.trades.filter((trade) => (trade.exitReason ?? 'still open') === reason).length}`);
}
console.log(report.verdict);
