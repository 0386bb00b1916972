import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { type Answer, NOW, paperwalk } from './recorded-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-backtest-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const workspace = (name: string) => ['--workspace', join(folder, name)];
const SMALL = [
  'config/demo.yaml',
  '--set',
  'markets.0=synthetic:planted?bars=700',
  '--set',
  'schedule.retrain=150',
  '--set',
  'model.units=[4]',
];
const FAST = [...SMALL, '--set', 'model.train={ window: 300, epochs: 2 }'];

describe('backtest', () => {
  it('prints exactly one document under --json, the one that it stores with the tables and the report', async () => {
    const { code, stdout, stderr } = await paperwalk(['backtest', ...FAST, '--json', ...workspace('json')]);
    expect(code).toBe(0);
    // Two folds train at once: which ends first is open.
    expect(stderr.split('\n').filter(Boolean).sort()).toEqual(
      [1, 2].map((fold) => `Trained gru on synthetic:planted?bars=700, fold ${fold} of 2`),
    );
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ schema: 'paperwalk/run@1', name: 'demo', trials: 1, config: { seed: 7, model: { units: [4] } } });
    const run = join(folder, 'json', 'runs', result.runId);
    expect(readdirSync(run).sort()).toEqual(['equity.csv', 'forecasts.csv', 'orders.csv', 'report.html', 'result.json', 'trades.csv']);
    expect(JSON.parse(readFileSync(join(run, 'result.json'), 'utf8'))).toEqual(result);
    expect(readdirSync(join(folder, 'json', 'runs'))).toEqual([result.runId]);
    const trial = JSON.parse(readFileSync(join(folder, 'json', 'trials.jsonl'), 'utf8'));
    expect(trial).toMatchObject({ runId: result.runId, time: new Date(NOW).toISOString() });
    expect(JSON.stringify(result)).not.toContain(folder);
  });

  it('finds its fits again, with the same digest and run, and counts the trial', async () => {
    const again = await paperwalk(['backtest', ...FAST, '--json', '--quiet', ...workspace('json')]);
    const result = JSON.parse(again.stdout);
    expect(result.fits.every(({ cached }: { cached: boolean }) => cached)).toBe(true);
    expect(result.trials).toBe(2);
    expect(readdirSync(join(folder, 'json', 'runs'))).toEqual([result.runId]);
    const afresh = JSON.parse((await paperwalk(['backtest', ...FAST, '--json', '--quiet', ...workspace('afresh')])).stdout);
    expect(afresh).toMatchObject({ runId: result.runId, digest: result.digest });
  });

  it('takes another seed from the command line', async () => {
    const { stdout, stderr } = await paperwalk(['backtest', ...FAST, '--seed', '8', '--json', '--quiet', ...workspace('json')]);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout).config.seed).toBe(8);
    expect(readdirSync(join(folder, 'json', 'runs'))).toHaveLength(2);
  });

  it('ends with the verdict, and with the path of the report last, without colours off a terminal', async () => {
    const { code, stdout } = await paperwalk(['backtest', 'config/sma-cross.yaml', ...workspace('words')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/buy & hold/);
    expect(stdout.trimEnd()).toMatch(/report\.html$/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters.
    expect(stdout).not.toMatch(/\u001b/);
  });

  it('reads paths in a bot file from its folder, and says what is odd about the data on stderr', async () => {
    const home = join(folder, 'home');
    await paperwalk(['init', home]);
    const rows = Array.from(
      { length: 60 },
      (_, i) => `${1_704_067_200 + 3600 * (i < 50 ? i : i + 4)},${10 + (i % 7)},${11 + (i % 7)},9,${10 + ((i + 1) % 7)},5`,
    );
    writeFileSync(join(home, 'own.csv'), `time,open,high,low,close,volume\n${rows.join('\n')}\n`.replaceAll(',17,9', ',18,9'));
    writeFileSync(join(home, 'bot.yaml'), 'markets: ["csv:own.csv"]\ninterval: 1h\nstrategy: { kind: crossover, fast: 2, slow: 5 }\n');
    const { code, stdout, stderr } = await paperwalk(['backtest', join(home, 'bot.yaml'), '--json', ...workspace('home-space')]);
    expect(stderr).toContain('csv:own.csv: 1 gap, 4 bars missing');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'bot', data: [{ market: 'csv:own.csv', bars: 60 }] });
  });

  it('refuses data that do not suffice with exit code 3, and a workspace that cannot be one with 4', async () => {
    const few = await paperwalk(['backtest', ...FAST, '--set', 'markets.0=synthetic:planted?bars=100', '--quiet', ...workspace('few')]);
    expect(few).toMatchObject({ code: 3, stdout: '' });
    expect(few.stderr).toMatch(/^Expected .*received.*\n$/);
    expect(existsSync(join(folder, 'few', 'runs'))).toBe(false);
    writeFileSync(join(folder, 'a-file'), '');
    const blocked = await paperwalk(['backtest', 'config/sma-cross.yaml', '--quiet', ...workspace('a-file')]);
    expect(blocked).toMatchObject({ code: 4, stdout: '' });
  });

  it('stops when it is asked to, with exit code 130 and no run', async () => {
    const stop = new AbortController();
    const stderr = new Writable({
      write(chunk, _encoding, done) {
        if (String(chunk).startsWith('Trained')) stop.abort();
        done();
      },
    });
    const { code, stdout } = await paperwalk(['backtest', ...FAST, ...workspace('stopped')], { signal: stop.signal, stderr });
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(existsSync(join(folder, 'stopped', 'runs'))).toBe(false);
  });

  it('shows a bar on a terminal, with the model and how many fits are done, whichever ends first, and clears it at the end', async () => {
    const parts: string[] = [];
    const sink = new Writable({
      write(chunk, _encoding, done) {
        parts.push(String(chunk));
        done();
      },
    });
    const terminal = Object.assign(sink, {
      isTTY: true,
      columns: 100,
      cursorTo: () => true,
      moveCursor: () => true,
      clearLine: () => true,
    });
    const { code } = await paperwalk(['backtest', ...FAST, ...workspace('bar')], { stderr: terminal });
    expect(code).toBe(0);
    expect(parts.join('')).toContain(`${'░'.repeat(24)} gru 0/2 fits`);
    expect(parts.join('')).toContain(`${'█'.repeat(24)} gru 2/2 fits`);
    // The control sequence that clears the line.
    expect(parts.at(-1)).toContain('[2K');
  });
});

describe('the process', () => {
  function start(args: readonly string[], onError?: (text: string, kill: () => void) => void): Promise<Answer> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk) => {
        stdout += chunk;
      });
      child.stderr.on('data', (chunk) => {
        stderr += chunk;
        onError?.(stderr, () => child.kill('SIGINT'));
      });
      child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
    });
  }

  it('exits with the code, and has one document on stdout to the last byte', async () => {
    cpSync(join(folder, 'json'), join(folder, 'process'), { recursive: true });
    const { code, stdout, stderr } = await start(['backtest', ...FAST, '--json', ...workspace('process')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.length).toBeGreaterThan(20_000);
    expect(JSON.parse(stdout).schema).toBe('paperwalk/run@1');
    const wrong = await start(['backtest', 'no-such.yaml']);
    expect(wrong).toEqual({
      code: 2,
      stdout: '',
      stderr: 'no-such.yaml: Expected a bot file, received no such file; paperwalk init writes one\n',
    });
  });

  it('exits with 130 on SIGINT, with nothing half-written', async () => {
    // Long enough that a signal cannot come too late, even where other tests keep the processor busy.
    const args = [
      'backtest',
      ...SMALL,
      '--set',
      'model.train={ window: 300, epochs: 1000, patience: 0 }',
      '--set',
      'schedule.retrain=25',
      ...workspace('signal'),
    ];
    let asked = false;
    const { code, stdout, stderr } = await start(args, (text, kill) => {
      // Asked twice it would not say farewell.
      if (!asked && text.includes('fold 1')) kill();
      asked ||= text.includes('fold 1');
    });
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toContain('Interrupted; nothing half-written is left.\n');
    expect(existsSync(join(folder, 'signal', 'runs'))).toBe(false);
  });

  it('does not mind a reader that has seen enough', async () => {
    const child = spawn('sh', [
      '-c',
      `"${process.execPath}" --import tsx src/cli/main.ts backtest "$@" --json | head -c 10; exit "$?"`,
      'sh',
      ...FAST,
      ...workspace('process'),
    ]);
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
