// A moving-average cross on real bars: npx tsx examples/01-first-backtest.ts path/to/BTC-USD-4h.csv
import { backtest, crossover, csv, threshold } from '../src/index.ts';

const bars = await csv(process.argv[2] ?? '../shared/data/BTC-USD-4h-coinbase.csv', { interval: '4h' });
const result = await backtest({ bars, signal: crossover(10, 30), policy: threshold({ enter: 0 }), costs: { taker: 0.001 } });
console.log(result.report.verdict);
