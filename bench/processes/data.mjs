// One step of the data benchmark in a process of its own, on the compiled package: node data.mjs csv FILE DECIMALS | read WORKSPACE REPETITIONS

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { openBarStore } from '../../dist/data/store.js';
import { synthetic } from '../../dist/index.js';

const BARS = 1_000_000;
const [step, place, number] = process.argv.slice(2);

if (step === 'csv') {
  const { bars } = synthetic('white-noise', { bars: BARS, intervalMs: 60_000, start: Date.UTC(2020, 0, 1), seed: 1, volatility: 0.0005 });
  const text = (value) => (number === '17' ? String(value) : value.toFixed(Number(number)));
  const file = createWriteStream(place);
  file.write('timestamp,open,high,low,close,volume\n');
  for (let i = 0; i < BARS; i++) {
    const cells = [bars.open[i], bars.high[i], bars.low[i], bars.close[i], bars.volume[i]].map(text).join(',');
    if (!file.write(`${new Date(bars.openTime[i]).toISOString()},${cells}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
} else {
  const store = openBarStore(place);
  const milliseconds = [];
  let length = 0;
  for (let repetition = 0; repetition < Number(number); repetition++) {
    globalThis.gc();
    const start = performance.now();
    ({ length } = await store.read('bench:A/B', 60_000));
    milliseconds.push(performance.now() - start);
  }
  milliseconds.sort((a, b) => a - b);
  const [fastest, median] = [milliseconds[0], milliseconds[Math.floor(milliseconds.length / 2)]];
  console.log(JSON.stringify({ bars: length, fastest, median, peakMemoryMB: process.resourceUsage().maxRSS / 1024 }));
}
