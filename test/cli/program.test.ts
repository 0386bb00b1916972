import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { BarError } from '../../src/core/bars.ts';
import { DataError } from '../../src/data/data-error.ts';
import { BundleError } from '../../src/models/bundle.ts';
import { paperwalk } from './recorded-host.ts';

const COMMANDS = ['init', 'import', 'export', 'bars', 'backtest', 'compare', 'doctor'];

describe('the command line', () => {
  it.each(COMMANDS)('%s --help shows one example on stdout', async (command) => {
    const { code, stdout, stderr } = await paperwalk([command, '--help']);
    expect(code).toBe(0);
    expect(stdout.match(/\nExample:\n {2}paperwalk /g)).toHaveLength(1);
    expect(stdout).toContain(`paperwalk ${command}`);
    for (const option of ['--json', '--quiet', '--workspace', '--debug']) expect(stdout).toContain(option);
    expect(stderr).toBe('');
  });

  it('lists its commands', async () => {
    const { code, stdout } = await paperwalk(['--help']);
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`\\n {2}${command} `));
  });

  it('tells its version', async () => {
    const { code, stdout } = await paperwalk(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [[], 'Usage: paperwalk'],
    [['bakctest'], "error: unknown command 'bakctest'\n(Did you mean backtest?)\n"],
    [['bars', '--strct'], "error: unknown option '--strct'\n(Did you mean --strict?)\n"],
    [['import', 'a.csv'], "error: required option '--market <name>' not specified\n"],
    [['backtest'], "error: missing required argument 'bot'\n"],
    [['backtest', 'a.yaml', 'b.yaml'], 'error: too many arguments'],
    [['bars', 'csv:a.csv'], '--interval: Expected the interval of csv:a.csv such as 4h, received none\n'],
    [['bars', '--interval', '4'], '--interval: Expected an interval such as 1m, 15m, 1h, 4h, 1d or 1w, received "4"\n'],
    [['bars', '--calendar', 'lse'], '--calendar: Expected 24/7 or nyse, received "lse"\n'],
    [['import', 'a.csv', '--market', 'csv:a', '--interval', '4h'], '--market: Expected a name of your own'],
    [['backtest', 'no-such.yaml'], 'no-such.yaml: Expected a bot file, received no such file; paperwalk init writes one\n'],
    [['backtest', 'config/demo.yaml', '--seed', 'x'], '--seed: Expected seed to be a whole number, received "x"\n'],
    [['backtest', 'config/demo.yaml', '--set', 'capitol=1'], '--set capitol: Unknown key "capitol"; did you mean "capital"?\n'],
  ])('%j is a usage error: exit code 2, one or two lines on stderr, nothing on stdout', async (argv, words) => {
    const { code, stdout, stderr } = await paperwalk(argv);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.startsWith(words), stderr).toBe(true);
  });

  it('shows a stack only under --debug', async () => {
    const plain = await paperwalk(['backtest', 'no-such.yaml']);
    const debug = await paperwalk(['backtest', 'no-such.yaml', '--debug']);
    expect(plain.stderr).not.toMatch(/\n {4}at /);
    expect(debug.stderr).toMatch(/\n {4}at /);
    expect(debug.code).toBe(2);
  });
});

describe('an exit code', () => {
  it.each<[string, unknown, number]>([
    ['a config error', new ConfigError(['x']), 2],
    ['a usage error', new CommanderError(1, 'commander.unknownOption', 'x'), 2],
    ['help that was asked for', new CommanderError(0, 'commander.helpDisplayed', 'x'), 0],
    ['missing or refused data', new DataError('x'), 3],
    ['an impossible bar', new BarError('x', 1), 3],
    ['a damaged fit', new BundleError('x'), 3],
    ['a full disk', Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write' }), 4],
    ['a network that is down', Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), 4],
    ['a bug', new TypeError('x'), 70],
    ['what is no error at all', 'x', 70],
  ])('of %s', (_what, error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});
