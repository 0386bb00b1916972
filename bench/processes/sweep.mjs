// 100 crossover pairs on one CSV file, on the compiled package, and beside it a bare loop: node sweep.mjs FILE
import { createStrategy, csv, sweep } from '../../dist/index.js';

const bars = await csv(process.argv[2], { interval: '4h' });
const pairs = [];
for (let fast = 5; fast <= 50; fast += 5) for (let slow = 60; slow <= 240; slow += 20) pairs.push([fast, slow]);
const ROUNDS = 15;

async function engine() {
  const cells = pairs.map(([fast, slow]) => ({ strategy: createStrategy({ kind: 'crossover', fast, slow }) }));
  const figures = await sweep({ bars, strategy: cells[0].strategy, costs: { taker: 0.001 }, evaluate: 'all' }, cells);
  return Math.max(...figures.map(({ endEquity }) => endEquity));
}

async function bareLoop() {
  let best = 0;
  for (const [fast, slow] of pairs) best = Math.max(best, crossover(bars, fast, slow));
  return best;
}

function crossover({ open, close, length }, fast, slow) {
  let quickSum = 0;
  let slowSum = 0;
  let cash = 10_000;
  let held = 0;
  let order = 0;
  let before;
  for (let i = 0; i < length; i++) {
    if (order === 1) {
      held = cash / (open[i] * 1.001);
      cash = 0;
    } else if (order === -1) {
      cash = held * open[i] * 0.999;
      held = 0;
    }
    order = 0;
    quickSum += close[i] - (i >= fast ? close[i - fast] : 0);
    slowSum += close[i] - (i >= slow ? close[i - slow] : 0);
    if (i < slow - 1) continue;
    const above = quickSum / fast > slowSum / slow;
    if (before !== undefined && above !== before) order = above && held === 0 ? 1 : !above && held > 0 ? -1 : 0;
    before = above;
  }
  return cash + held * close[length - 1];
}

async function timed(work) {
  const times = [];
  let bestEquity = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    bestEquity = await work();
    times.push((performance.now() - start) / 1000);
  }
  const [first, ...rest] = times;
  rest.sort((a, b) => a - b);
  return { first, median: rest[rest.length >> 1], fastest: rest[0], bestEquity };
}

console.log(JSON.stringify({ bars: bars.length, pairs: pairs.length, engine: await timed(engine), bareLoop: await timed(bareLoop) }));
