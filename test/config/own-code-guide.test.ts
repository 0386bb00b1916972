import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { paperwalk } from '../cli/recorded-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-guide-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const guide = readFileSync('docs/own-code.md', 'utf8');
const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1]!);
const modules = blocks('ts').map((text) => ({ text, name: /^\/\/ (\S+)\n/.exec(text)?.[1] ?? 'unnamed' }));
const REST = 'markets: ["synthetic:mean-reverting?bars=1500&seed=3"]\ninterval: 1h\nschedule: { retrain: 200 }\n';

describe('docs/own-code.md', () => {
  for (const { name, text } of modules) writeFileSync(join(folder, name), text);

  it('shows a policy, a signal, a strategy and a feature, and nothing that is not executed here', () => {
    expect(modules.map(({ name }) => name)).toEqual(['patient.ts', 'breakout.ts', 'both.ts', 'body.ts']);
    expect(guide.match(/^```/gm)).toHaveLength(2 * (modules.length + blocks('yaml').length));
  });

  it.each(blocks('yaml').map((text, k) => ({ k: k + 1, text })))('passage $k of a bot file runs and trades', async ({ k, text }) => {
    const file = join(folder, `bot-${k}.yaml`);
    writeFileSync(file, `${REST}${text}`);
    const { code, stdout, stderr } = await paperwalk(['backtest', file, '--json', '--quiet', '--workspace', join(folder, 'workspace')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout).performance.roundTrips).toBeGreaterThan(0);
  });
});
