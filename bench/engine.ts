import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Bench } from './document.ts';

/** Figures of one workload; the median of the repetitions. */
export interface EngineFigures {
  readonly bars: number;
  /** Indicators included. */
  readonly barsPerSecond: number;
  readonly indicatorSeconds: number;
  readonly foldSeconds: number;
  readonly traceLength: number;
  readonly finalEquity: number;
  readonly fills: number;
  /** Of a whole process that makes its bars and runs once. */
  readonly peakMemoryMB: number;
}

/**
 * An SMA 10/30 cross with a fee of 0.01 % on 1,000,000 synthetic bars in all: as one market, as four, and as one with a stop of 0.5 %, a target
 * of 1 %, a trailing stop of 0.8 % and a cap of 5 % of the volume; a process of its own each.
 */
export async function measureEngine(): Promise<NonNullable<Bench['engine']>> {
  return { oneMarket: measure(1), fourMarkets: measure(4), orders: measure(1, 'orders') };
}

/** One line per workload. */
export function engineLines(figures: NonNullable<Bench['engine']>): string[] {
  return Object.entries(figures).map(
    ([title, { barsPerSecond, indicatorSeconds, foldSeconds, bars, traceLength, finalEquity, fills, peakMemoryMB }]) =>
      `${title}: ${(barsPerSecond / 1e6).toFixed(1)} million bars/s (${bars} bars: indicators ${(indicatorSeconds * 1000).toFixed(0)} ms, fold ${(foldSeconds * 1000).toFixed(0)} ms), ` +
      `${fills} fills, trace of ${traceLength}, final equity ${finalEquity.toFixed(2)}, peak memory ${peakMemoryMB.toFixed(0)} MB`,
  );
}

/** Speed is the median of many runs; memory that of a process that makes its bars and runs once. */
function measure(markets: number, kind = 'plain'): EngineFigures {
  return { ...inProcess(markets, 15, kind), peakMemoryMB: inProcess(markets, 1, kind).peakMemoryMB };
}

function inProcess(markets: number, repetitions: number, kind: string): EngineFigures {
  const script = fileURLToPath(new URL('./engine-process.mjs', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', script, String(markets), String(repetitions), kind], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The benchmark's process ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as EngineFigures;
}
