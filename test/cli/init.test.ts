import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadBot } from '../../src/config.ts';
import { NOW, paperwalk } from './recorded-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-init-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('init', () => {
  it('writes a commented bot file that can be loaded, and never overwrites one', async () => {
    const file = join(folder, 'new', 'bot.yaml');
    const strategy = join(folder, 'new', 'my-strategy.ts');
    expect(await paperwalk(['init', join(folder, 'new')])).toEqual({
      code: 0,
      stdout: `Wrote ${file} and ${strategy}. Next: paperwalk backtest ${file}\n`,
      stderr: '',
    });
    expect(readFileSync(file, 'utf8')).toMatch(/^# /);
    const { bot, markets } = await loadBot(file, { environment: {}, currentDirectory: '.' });
    expect(bot.name).toBe('my-bot');
    expect(markets.every(({ source }) => source.startsWith('synthetic:'))).toBe(true);

    writeFileSync(file, 'mine');
    const again = await paperwalk(['init', join(folder, 'new')]);
    expect(again).toEqual({
      code: 2,
      stdout: '',
      stderr: `${file}: Expected no such file, received one; it is not overwritten, name another folder\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('has comments on costs, orders and guards that hold once their marks are taken away', async () => {
    const file = join(folder, 'full', 'bot.yaml');
    await paperwalk(['init', join(folder, 'full')]);
    const commented = /^( *)# ([a-z]\w*: )/gim;
    const text = readFileSync(file, 'utf8');
    expect([...text.matchAll(commented)].map((match) => match[2])).toEqual(['maker: ', 'minimum: ', 'orders: ', 'volumeCap: ', 'guards: ']);
    writeFileSync(file, text.replace(commented, '$1$2'));
    const quick = ['--set', 'model={ kind: linear, lookback: 5, features: [return, range] }', '--workspace', join(folder, 'runs')];
    const { code, stdout, stderr } = await paperwalk(['backtest', file, '--json', '--quiet', ...quick]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { config, performance } = JSON.parse(stdout);
    expect(config).toMatchObject({
      costs: { taker: '0.1%', slippage: '2bp', maker: '0.02%', minimum: 1 },
      orders: { entry: { kind: 'limit', offset: '0.1%', timeInForce: 3 } },
      volumeCap: { share: '1%' },
      guards: { stopLoss: '5%', takeProfit: '10%', cooldown: 3, maxDrawdown: { limit: '25%', pause: 100 } },
    });
    expect(performance.roundTrips).toBeGreaterThan(0);
  });

  it('writes a first strategy in code that runs, and that the bot file mentions', async () => {
    const file = join(folder, 'coded', 'bot.yaml');
    await paperwalk(['init', join(folder, 'coded')]);
    const mentioned = readFileSync(file, 'utf8').replace(/^# Or .*: (strategy: \.\/my-strategy\.ts)\nstrategy: .*$/m, '$1');
    expect(mentioned).toMatch(/^strategy: \.\/my-strategy\.ts$/m);
    writeFileSync(file, mentioned);
    const quick = ['--set', 'model={ kind: linear, lookback: 5, features: [return, range] }'];
    const { code, stdout, stderr } = await paperwalk([
      'backtest',
      file,
      '--json',
      '--quiet',
      '--workspace',
      join(folder, 'runs'),
      ...quick,
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { config, performance } = JSON.parse(stdout);
    expect(config.strategy).toEqual({ kind: 'own', module: './my-strategy.ts', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(performance.roundTrips).toBeGreaterThan(0);
  });
});

describe('doctor', () => {
  const workspace = ['--workspace', join(folder, 'workspace')];
  const checks = (stdout: string) => Object.fromEntries(JSON.parse(stdout).checks.map((check: { name: string }) => [check.name, check]));

  it('finds nothing to mend with the demonstration, and tells when a paper session would tick', async () => {
    const { code, stdout, stderr } = await paperwalk(['doctor', 'config/demo.yaml', '--json', ...workspace]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'paperwalk/doctor@1', healthy: true });
    const found = checks(stdout);
    expect(Object.keys(found)).toEqual(['node', 'engine', 'tensorflow', 'workspace', 'disk', 'store', 'bot', 'data', 'cron']);
    expect(found.node).toEqual({ name: 'node', status: 'ok', message: process.versions.node });
    expect(found.engine.message).toMatch(/^own WebAssembly kernels, (128|256)-bit SIMD, \d+ threads?$/);
    expect(found.tensorflow.message).toContain('TensorFlow.js');
    expect(found.data).toEqual({ name: 'data', status: 'ok', message: 'synthetic:planted?bars=3000&seed=7, 3000 bars' });
    expect(new Date(NOW).toISOString()).toBe('2024-01-15T10:30:00.000Z');
    expect(found.cron.message).toBe('5 0 0 * * * (UTC) for 1d bars, next tick 2024-01-16T00:00:05Z');
  });

  it('says how to mend a bot file, with exit code 1', async () => {
    const bad = join(folder, 'bad.yaml');
    writeFileSync(bad, 'markets: [a:B]\ninterval: 1d\nstrategy: buy-and-hold\nseeed: 3\n');
    const { code, stdout } = await paperwalk(['doctor', bad, ...workspace]);
    expect(code).toBe(1);
    expect(stdout).toContain(
      `fail  bot        ${bad}:4:1: Unknown key "seeed"; did you mean "seed"?\n                 -> correct the bot file\n`,
    );
  });

  it('says where the bars of a bot are missing and its schedule cannot be told', async () => {
    const bot = join(folder, 'odd.yaml');
    writeFileSync(bot, 'markets: [a:B]\ninterval: 2d\nstrategy: buy-and-hold\n');
    const { code, stdout } = await paperwalk(['doctor', bot, '--json', ...workspace]);
    expect(code).toBe(1);
    const found = checks(stdout);
    expect(found.data).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('Expected stored bars of a:B at 2d, received none'),
    });
    expect(found.cron).toMatchObject({ status: 'fail', mend: 'set paper.cron in the bot file' });
    const given = await paperwalk(['doctor', bot, '--json', '--set', 'paper.cron="0 12 * * *"', ...workspace]);
    expect(checks(given.stdout).cron.message).toBe('0 12 * * * (UTC) for 2d bars, next tick 2024-01-15T12:00:00Z');
  });
});
