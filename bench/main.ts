// Speed, measured: npm run bench -- engine [--json]
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean', default: false } } });
const [name = 'engine'] = positionals;
if (name !== 'engine') {
  console.error(`Expected the name of a benchmark, one of: engine; received ${name}`);
  process.exit(2);
}
const { measureEngine } = await import('./engine.ts');
const figures = await measureEngine();
if (values.json) console.log(JSON.stringify(figures, null, 2));
else {
  for (const [title, figure] of Object.entries(figures.engine)) {
    const { barsPerSecond, indicatorSeconds, foldSeconds, bars, traceLength, finalEquity, fills, peakMemoryMB } = figure;
    console.log(
      `${title}: ${(barsPerSecond / 1e6).toFixed(1)} million bars/s (${bars} bars: indicators ${(indicatorSeconds * 1000).toFixed(0)} ms, fold ${(foldSeconds * 1000).toFixed(0)} ms), ` +
        `${fills} fills, trace of ${traceLength}, final equity ${finalEquity.toFixed(2)}, peak memory ${peakMemoryMB.toFixed(0)} MB`,
    );
  }
}
