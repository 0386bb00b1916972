import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { resolveBot } from '../src/config.ts';
import { createModel, networkOf } from '../src/models/model.ts';
import { parameterCount } from '../src/models/parameters.ts';
import { isPreset, preset, presetNames } from '../src/models/preset.ts';

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
