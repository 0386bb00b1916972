import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createModel } from '../../src/models/model.ts';
import { createSchedule } from '../../src/models/schedule.ts';
import { paperWorld } from '../live/paper-world.ts';
import { ridgeBot } from '../support/bots.ts';
import { count, size } from '../support/counts.ts';
import { randomBars } from '../support/markets.ts';

const BARS = 1000;
/** A slot that a fit is due at comes ten bars after the start; the one before has too few samples. Its training outlasts the test. */
const bot = ridgeBot({
  model: createModel({ kind: 'gru', units: [96, 96], lookback: 48, train: { window: 600, epochs: 5000, patience: 5000 } }),
  schedule: createSchedule({ retrain: BARS, delay: 1, maxAge: 2 * BARS }),
});

test('D4: ticks go on, and decide within a second, while a network trains with a minute of CPU beside them', async () => {
  count(1, 1);
  /** Of CPU, ms. */
  const lasts = size(400, 60_000);
  const bars = randomBars({ seed: 4, length: 3 * BARS, gaps: 0 });
  const world = await paperWorld({ markets: { 'ONE/USDT': bars }, from: bars.openTime[BARS - 10]!, bot });
  const latencies: number[] = [];
  try {
    const session = await world.session();
    const training = () => world.read().observations.some(({ kind }) => kind === 'fitMissing');
    let begun = false;
    let burned = process.cpuUsage();
    for (const close of world.closes) {
      world.time.moveTo(close + 5000);
      const before = performance.now();
      const { slices } = await session.tick();
      expect(slices.map(({ closeTime }) => closeTime)).toEqual([close]);
      if (begun) latencies.push(performance.now() - before);
      else if (training()) {
        begun = true;
        burned = process.cpuUsage();
      }
      if (begun && process.cpuUsage(burned).user > lasts * 1000 && latencies.length > 10) break;
      await sleep(size(1, 100));
    }
    const { user } = process.cpuUsage(burned);
    const { observations, broken } = world.read();
    expect(broken).toEqual([]);
    // It trained all the time: what was decided was decided meanwhile.
    expect(observations.filter(({ kind }) => kind === 'fit')).toEqual([]);
    expect(latencies.length).toBeGreaterThan(10);
    // What a suite does besides says nothing of ticks.
    if (lasts < 60_000) return;
    latencies.sort((a, b) => a - b);
    const p99 = latencies[Math.floor(latencies.length * 0.99)]!;
    console.log(
      `D4: ${latencies.length} ticks while ${(user / 1e6).toFixed(0)} s of CPU were spent, p50 ${latencies[latencies.length >> 1]!.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, longest ${latencies.at(-1)!.toFixed(1)} ms`,
    );
    expect(p99).toBeLessThan(1000);
  } finally {
    await world.close();
  }
});
