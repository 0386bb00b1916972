import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sweepAll } from '../../src/cli/sweep-pool.ts';
import { cellBot, type SweptFile } from '../../src/cli/sweep-task.ts';
import { loadBot } from '../../src/config.ts';
import { createPanel } from '../../src/core/panel.ts';
import { synthetic } from '../../src/data/synthetic.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-sweep-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a sweep on threads', () => {
  const file = join(folder, 'bot.yaml');
  writeFileSync(
    file,
    'markets: [{ source: "synthetic:trend", type: margin }]\ninterval: 1h\nstrategy: { kind: crossover, fast: 5, slow: 20 }\n',
  );
  const swept: SweptFile = { file, overrides: [], environment: {}, workspace: '.paperwalk' };
  const { bars } = synthetic('trend', { bars: 205_000, intervalMs: 3_600_000, start: Date.UTC(2000, 0, 1), seed: 1 });
  const panel = createPanel([{ ...bars, market: 'synthetic:trend' }]);
  const data = { panel, forecasts: [bars.close], outlooks: undefined };
  const overrides = Array.from({ length: 20 }, (_, k) => [{ option: '--grid', path: ['strategy', 'fast'], value: k + 3 }]);

  it('gives what it gives on none, in the order of the cells, contradictions included', async () => {
    const { bot } = await loadBot(file, { environment: {}, currentDirectory: '.' });
    const cells = await Promise.all(overrides.map(async (own) => ({ overrides: own, bot: await cellBot(swept, own, bot) })));
    const threaded = await sweepAll(swept, cells, bot, data, 50, new AbortController().signal);
    const single = await Promise.all(cells.map((cell) => sweepAll(swept, [cell], bot, data, 50, new AbortController().signal)));
    expect(threaded).toEqual(single.flat());
    expect(threaded.map((outcome) => 'refused' in outcome)).toEqual(overrides.map((_, k) => k + 3 >= 20));
  });

  it('ends with the reason of an abort', async () => {
    const { bot } = await loadBot(file, { environment: {}, currentDirectory: '.' });
    const cells = await Promise.all(overrides.map(async (own) => ({ overrides: own, bot: await cellBot(swept, own, bot) })));
    const stop = new AbortController();
    const running = sweepAll(swept, cells, bot, data, 50, stop.signal);
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
  });
});
