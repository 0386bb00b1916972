import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { costs, guards, marketFields, orders, volumeCap } from '../src/config/trading-schema.ts';
import { resolveBot } from '../src/config.ts';
import { createModel, networkOf } from '../src/models/model.ts';
import { parameterCount } from '../src/models/parameters.ts';
import { isPreset, preset, presetNames } from '../src/models/preset.ts';
import { paperwalk } from './cli/recorded-host.ts';

const GUIDES = ['README.md', ...readdirSync('docs').map((file) => join('docs', file))];
// What a passage about one section leaves out.
const REST = { markets: ['synthetic:planted'], interval: '1h', strategy: 'buy-and-hold' };

describe('the guides', () => {
  // Whose passages name modules, is executed by test/config/own-code-guide.test.ts.
  const passages = GUIDES.filter((guide) => !guide.endsWith('own-code.md')).flatMap((guide) =>
    [...readFileSync(guide, 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map((match, k) => ({ guide, k: k + 1, text: match[1]! })),
  );

  it('hold passages of bot files', () => {
    expect(passages.length).toBeGreaterThanOrEqual(3);
  });

  it.each(passages)('$guide: bot file passage $k is one that is accepted', ({ text }) => {
    const section = parse(text) as Record<string, unknown>;
    const bot = { ...REST, ...section };
    // Classes, and a model to experiment with, stand elsewhere in the guide.
    if ('experiment' in section) {
      const { experiment } = section as { experiment: Record<string, unknown> };
      const pooled = { ...bot, markets: [{ source: 'synthetic:planted', class: 'a' }], experiment: { ...experiment, pool: 'class' } };
      for (const pool of ['market', 'class']) {
        const one = { ...pooled, experiment: { ...experiment, pool } };
        expect(resolveBot(JSON.stringify(one), 'guide.yaml', { environment: {}, currentDirectory: '.' }).experiment?.seeds).toHaveLength(5);
      }
    } else expect(resolveBot(JSON.stringify(bot), 'guide.yaml', { environment: {}, currentDirectory: '.' }).bot.name).toBeTruthy();
  });

  it('docs/trading.md: passages that need no file run to their verdict', async () => {
    const runnable = passages.filter(({ guide, text }) => guide.endsWith('trading.md') && !/csv:|expiredModel/.test(text));
    expect(runnable.length).toBeGreaterThanOrEqual(6);
    const folder = mkdtempSync(join(tmpdir(), 'paperwalk-trading-'));
    const crossover = { kind: 'crossover', fast: 5, slow: 20 };
    for (const { k, text } of runnable) {
      const file = join(folder, `passage-${k}.yaml`);
      writeFileSync(file, JSON.stringify({ ...REST, strategy: crossover, ...parse(text) }));
      const { code, stdout, stderr } = await paperwalk(['backtest', file, '--json', '--quiet', '--workspace', folder]);
      expect({ k, code, stderr }).toEqual({ k, code: 0, stderr: '' });
      expect(JSON.parse(stdout).performance.exposure, `passage ${k}`).toBeGreaterThan(0);
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('docs/trading.md names every key of orders, costs, guards and markets', () => {
    const guide = readFileSync('docs/trading.md', 'utf8');
    const keys = [orders.shape, orders.shape.entry.unwrap().shape, volumeCap.shape, costs.shape, guards.shape, marketFields].flatMap(
      Object.keys,
    );
    expect(keys.length).toBeGreaterThan(35);
    for (const key of keys) expect(guide, key).toMatch(new RegExp(`\\b${key}\\b`));
  });

  it('docs/lab.md names every preset, and their numbers of parameters', () => {
    const table = readFileSync('docs/lab.md', 'utf8');
    const inputs = { 'task33-lstm': 21, 'task33-gru': 21, 'regularised-lstm': 1, 'multi-output-lstm': 8 };
    for (const name of presetNames) expect(table).toContain(`\`${name}\``);
    for (const [name, columns] of Object.entries(inputs)) {
      if (!isPreset(name)) throw new Error(`${name} is no preset`);
      const row = table.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${name}\``));
      expect(row).toContain(parameterCount(networkOf(createModel(preset(name).model), columns)).toLocaleString('en'));
    }
  });
});
