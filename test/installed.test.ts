import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'paperwalk-installed-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const tool = join(root, 'tool');
const user = join(root, 'user');
const temporary = join(root, 'tmp');

/** Runs the tool as it was installed, in the folder of somebody who has nothing else. */
function paperwalk(...argv: string[]) {
  const main = join(tool, 'node_modules', 'paperwalk', 'dist', 'cli', 'main.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...argv], {
    cwd: user,
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: temporary },
  });
  return { code: status, stdout, stderr };
}

// What npm would install: the packed files, and beside them the packages that they need, which lie here already (the registry may be far).
beforeAll(() => {
  const stage = join(root, 'stage');
  for (const folder of [stage, user, temporary, join(tool, 'node_modules')]) mkdirSync(folder, { recursive: true });
  const { files, dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    files: string[];
    dependencies: Record<string, string>;
  };
  for (const path of ['package.json', ...files])
    if (path !== 'dist' && existsSync(path)) cpSync(path, join(stage, path), { recursive: true });
  const typescript = resolve('node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [typescript, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(stage, 'dist')]);
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', root], {
    cwd: stage,
    encoding: 'utf8',
  });
  execFileSync('tar', ['-xzf', join(root, packed.trim()), '-C', join(tool, 'node_modules')]);
  cpSync(join(tool, 'node_modules', 'package'), join(tool, 'node_modules', 'paperwalk'), { recursive: true });
  for (const name of readdirSync('node_modules')) {
    // Those of development that are not among them stay out.
    if (name.startsWith('.') || ['tsx', 'typescript', 'vitest', 'esbuild', 'vite'].includes(name)) continue;
    symlinkSync(resolve('node_modules', name), join(tool, 'node_modules', name));
  }
  expect(Object.keys(dependencies).every((name) => existsSync(join(tool, 'node_modules', name)))).toBe(true);
}, 120_000);

describe('the installed tool', () => {
  it('runs a policy, a signal and a feature in TypeScript from a folder that holds nothing else', () => {
    const files = {
      'bot.yaml': `markets: ["synthetic:trend?bars=900"]
interval: 1h
model: { kind: linear, lookback: 5, features: [return, ./feature.ts], train: { window: 200 } }
schedule: { retrain: 200 }
strategy: { module: ./policy.ts, options: { enter: 0.001 }, signal: ./signal.mts }
`,
      'policy.ts': `import { HOLD, Reason, type Policy, type View } from 'paperwalk';
interface Options { readonly enter: number }
export default ({ enter }: Options): Policy => ({
  kind: 'own',
  slots: ['entries'],
  decide(view: View, memory: Float64Array, at: number): number {
    const value = view.signal[view.i]!;
    if (Number.isNaN(value)) return HOLD;
    console.log('a line that is no result');
    memory[at]! += 1;
    view.reason = value > enter ? Reason.enterLong : Reason.exit;
    return value > enter ? 1 : 0;
  },
});
`,
      'signal.mts': `import type { Signal } from 'paperwalk';
import { span } from './lib/span';
export default (): Signal => ({ name: 'own', column: ({ close }, forecast) => close.map((c, i) => c / close[i - span]! - 1 + 0 * forecast[i]!) });
`,
      'lib/span.ts': 'export const span: number = 12;\n',
      'feature.ts': `import { indicator } from 'paperwalk';
import type { Bars, Column } from 'paperwalk';
export default (bars: Bars): readonly Column[] => indicator('rsi', 14).compute(bars).slice(0, 1);
`,
    };
    mkdirSync(join(user, 'lib'));
    for (const [path, text] of Object.entries(files)) writeFileSync(join(user, path), text);
    const { code, stdout, stderr } = paperwalk('backtest', 'bot.yaml', '--json', '--quiet');
    expect(code, stderr).toBe(0);
    const { config, performance } = JSON.parse(stdout);
    expect(performance.roundTrips).toBeGreaterThan(0);
    expect(config).toMatchObject({
      strategy: { module: './policy.ts', sha256: expect.stringMatching(/^[0-9a-f]{64}$/), signal: { module: './signal.mts' } },
      model: { features: ['return', { module: './feature.ts' }] },
    });
    expect(stderr).toMatch(/^(a line that is no result\n)+$/);
    expect(readdirSync(user).sort()).toEqual(['.paperwalk', ...Object.keys(files).filter((path) => !path.includes('/')), 'lib'].sort());
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('tells where a mistake in them is', () => {
    writeFileSync(
      join(user, 'wrong.ts'),
      "import { HOLD } from 'paperwalk';\n\nexport default { kind: 'x', slots: [], decide: () => HOLD.a.b };\n",
    );
    const { code, stdout, stderr } = paperwalk('backtest', 'bot.yaml', '--set', 'strategy=./wrong.ts', '--quiet');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^wrong\.ts:3:\d+: Expected decide to give a target at .*, received TypeError: .*; mend it there\n$/);
  });

  it('has what init writes', () => {
    expect(paperwalk('init', 'first')).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout } = paperwalk('doctor', 'first/bot.yaml', '--set', 'strategy=first/my-strategy.ts');
    expect(stdout).toContain('bot        my-bot: my-strategy on forecast');
    expect(code).toBe(0);
  });
});
