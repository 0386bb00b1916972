import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

// Which room may open which door. A folder may always import from itself; the packages are listed by name or prefix.
interface Room {
  readonly folders: readonly string[];
  readonly packages: readonly string[];
}

const EVERYTHING = [
  'core',
  'statistics',
  'indicators',
  'models',
  'strategies',
  'data',
  'walk',
  'backtest',
  'lab',
  'live',
  'report',
  'config',
  'index',
];
const ROOMS: Readonly<Record<string, Room>> = {
  core: { folders: [], packages: [] },
  'core/random': { folders: ['core'], packages: ['pure-rand/'] },
  statistics: { folders: [], packages: [] },
  indicators: { folders: ['core'], packages: ['technicalindicators'] },
  strategies: { folders: ['core', 'indicators', 'statistics'], packages: [] },
  models: { folders: ['core', 'indicators', 'statistics'], packages: ['node:crypto'] },
  'models/bundle': { folders: ['core', 'models'], packages: ['node:crypto', 'node:fs', 'node:path'] },
  'models/baselines': { folders: ['core', 'indicators', 'statistics', 'models'], packages: ['ml-', 'piscina', 'node:'] },
  'models/engines/wasm': { folders: ['core', 'statistics', 'models'], packages: ['piscina', 'node:'] },
  'models/engines/tensorflow': { folders: ['core', 'models'], packages: ['@tensorflow/', 'node:'] },
  data: { folders: ['core'], packages: ['ccxt', 'hyparquet', 'hyparquet-', 'luxon', 'node:'] },
  walk: { folders: ['core', 'indicators', 'statistics', 'strategies', 'models'], packages: [] },
  // The verdict is words about numbers: pure, and part of what a backtest returns.
  backtest: {
    folders: [
      'core',
      'indicators',
      'statistics',
      'strategies',
      'models',
      'data',
      'walk',
      'report/verdict',
      'report/comparison-verdict',
      'report/format',
    ],
    packages: ['node:'],
  },
  // One split, many models: the experiment beside the backtest; it shares its source of fits.
  lab: {
    folders: ['core', 'indicators', 'statistics', 'models', 'data', 'walk', 'backtest', 'report/experiment-verdict'],
    packages: ['node:'],
  },
  live: {
    // What a person is told reads as it does in reports.
    folders: ['core', 'indicators', 'statistics', 'strategies', 'models', 'data', 'walk', 'report/format', 'report/reason-words'],
    packages: ['node:', 'node-cron', 'luxon', 'libsql'],
  },
  report: {
    folders: [
      'core',
      'statistics',
      'backtest/result',
      'backtest/comparison',
      'backtest/search',
      'lab/result',
      'live/session',
      'live/replay',
      'live/standing',
      'walk/explanation',
    ],
    packages: ['echarts', 'cli-table3', 'picocolors'],
  },
  // Pictures for print: the library is native, the typeface lies in a package.
  'report/png': { folders: ['report'], packages: ['@resvg/resvg-js', 'node:module'] },
  config: { folders: EVERYTHING, packages: ['zod', 'yaml', 'node:'] },
  // The one place that runs code of a person's own.
  'config/module': { folders: ['config', 'core/nearest', 'index'], packages: ['jiti', 'node:'] },
  cli: {
    folders: EVERYTHING,
    packages: ['zod', 'yaml', 'commander', 'cli-progress', 'cli-table3', 'picocolors', 'luxon', 'piscina', 'node:'],
  },
  index: { folders: EVERYTHING, packages: [] },
};

const SOURCE = resolve('src');
const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && statSync(join(SOURCE, file)).isFile())
  .map((file) => file.replaceAll('\\', '/'))
  // Another language, in which only files of the same folder can be imported.
  .filter((file) => !file.startsWith('models/engines/wasm/kernels/'));
const text = (file: string) => readFileSync(join(SOURCE, file), 'utf8');
const code = (file: string) =>
  text(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1');
const importsOf = (file: string) =>
  [...text(file).matchAll(/(?:\bfrom\s|\bimport\(|^import\s|require\()\s*'([^']+)'/gm)].map((match) => match[1]!);

/** The room of a file: the longest entry of the table that its path starts with. */
function roomOf(file: string): string {
  const path = file.replace(/\.ts$/, '');
  const names = Object.keys(ROOMS).filter((name) => path === name || path.startsWith(`${name}/`));
  return names.sort((a, b) => b.length - a.length)[0] ?? 'no room';
}

describe('the architecture', () => {
  it('was looked at', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(files.flatMap(importsOf).length).toBeGreaterThan(100);
  });

  it.each(files)('%s opens only the doors its room has', (file) => {
    const name = roomOf(file);
    const room = ROOMS[name];
    expect(room, `${file} lies in no room of the table`).toBeDefined();
    const top = file.split('/')[0]!.replace(/\.ts$/, '');
    for (const imported of importsOf(file)) {
      if (imported.startsWith('.')) {
        const target = relative(SOURCE, resolve(SOURCE, dirname(file), imported))
          .replaceAll('\\', '/')
          .replace(/\.ts$/, '');
        const allowed = [top, ...room!.folders].some((folder) => target === folder || target.startsWith(`${folder}/`));
        expect(allowed, `${file} imports ${target}, which ${name} may not`).toBe(true);
      } else {
        const allowed = room!.packages.some(
          (prefix) => imported === prefix || (/[/:-]$/.test(prefix) ? imported.startsWith(prefix) : imported.startsWith(`${prefix}/`)),
        );
        expect(allowed, `${file} imports the package ${imported}, which ${name} may not`).toBe(true);
      }
    }
  });

  it.each(files.filter((file) => !/^(data|live|report|cli)\//.test(file)))('%s reads no clock, chance, environment or timer', (file) => {
    // The tensorflow engine must let other work of the process run between batches; that is no clock.
    const forbidden = file.startsWith('models/engines/tensorflow/')
      ? /Date\.now|new Date\(\)|Math\.random|performance\.now/
      : /Date\.now|new Date\(\)|Math\.random|process\.env|performance\.now|setTimeout|setInterval|setImmediate/;
    if (file.startsWith('config')) expect(code(file)).not.toMatch(/Date\.now|new Date\(\)|Math\.random|setTimeout/);
    else expect(code(file)).not.toMatch(forbidden);
  });

  it.each(files.filter((file) => /^(core|indicators|statistics|models|walk)\//.test(file)))(
    '%s takes no powers by ** or Math.pow',
    (file) => {
      expect(code(file)).not.toMatch(/Math\.pow|\*\*/);
    },
  );

  it.each(files)('%s is named after a noun and is no longer than 400 lines', (file) => {
    expect(file).not.toMatch(/(utils?|helpers?|common|types|manager)\.ts$/);
    expect(text(file).split('\n').length).toBeLessThanOrEqual(400);
  });

  it('has no path to a real order', () => {
    for (const file of files) expect(code(file), file).not.toMatch(/createOrder|cancelOrder|privatePost|apiKey\s*:/);
  });
});
