import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom, type Random } from '../../src/core/random.ts';
import { canonicalJson } from '../../src/models/key.ts';
import { type ForwardWorld, forwardWorld, MEAN_MOVE } from '../cli/forward-world.ts';
import { count } from '../support/counts.ts';

let world: ForwardWorld;
let key: string;
let document: Document;
const outer = mkdtempSync(join(tmpdir(), 'paperwalk-models-'));
afterAll(() => rmSync(outer, { recursive: true }));
const file = join(outer, 'model.paperwalk-model.json');
const timeout = 600_000;

type Json = Record<string, unknown>;
interface Document {
  readonly sha256: string;
  readonly fit: Json & { model: Json & { features: unknown[] } };
  readonly weights: Json[];
}

beforeAll(async () => {
  world = await forwardWorld();
  const bot = world.bot(
    'trained',
    MEAN_MOVE.replace('kind: drift', 'kind: gru, units: [2]').replace('{ window: 60 }', '{ window: 60, epochs: 1 }'),
  );
  expect(await world.once(bot, 1)).toMatchObject({ code: 0 });
  const { models } = (await world.json(['models', 'list'])) as { readonly models: readonly { readonly key: string }[] };
  key = models[0]!.key;
  expect((await world.run(['models', 'export', key, file])).code).toBe(0);
  document = JSON.parse(readFileSync(file, 'utf8')) as Document;
});
afterAll(() => world.close());

/** A model file whose checksum is right, whatever was changed. */
function written(change: (document: Document) => void): string {
  const { sha256: _, ...said } = structuredClone(document);
  change(said as Document);
  const path = join(outer, 'changed.paperwalk-model.json');
  writeFileSync(path, JSON.stringify({ ...said, sha256: createHash('sha256').update(canonicalJson(said)).digest('hex') }));
  return path;
}

const sessions = () =>
  readdirSync(join(world.workspace, 'sessions'))
    .filter((name) => name.endsWith('.sqlite'))
    .sort();
/** One or two lines, none of which a reader must scroll through, and none that a terminal obeys. */
const few = (text: string) => text.endsWith('\n') && text.split('\n').length <= 3 && text.length < 1500 && !/[^\P{Cc}\n]/u.test(text);

describe('a frozen model that does not fit its bot', () => {
  const FROZEN = MEAN_MOVE.replace(/^model: .*$/m, '').replace(/^schedule: .*$/m, 'schedule: { frozen: FILE }');
  const bots = (path: string, text = FROZEN) => world.bot('frozen', text.replace('FILE', JSON.stringify(path)));

  test('F4: by its features, its interval or its market is refused before a session begins; the one that fits is not', {
    timeout,
  }, async () => {
    const before = sessions();
    const features = (change: (features: unknown[]) => unknown[]) => () =>
      written(({ fit }) => (fit.model.features = change(fit.model.features)));
    const cases: readonly (readonly [string, () => string, RegExp])[] = [
      ['a feature renamed', features(([, ...rest]) => ['logReturns', ...rest]), /logReturns/],
      ['a feature less', features((all) => all.slice(1)), /Expected features of 2 columns at fit.model.features, received 1/],
      ['a feature more', features((all) => [...all, 'volume']), /Expected features of 2 columns at fit.model.features, received 3/],
      [
        'features in another order',
        () => {
          const path = join(outer, 'reordered.paperwalk-model.json');
          const changed = structuredClone(document);
          changed.fit.model.features.reverse();
          writeFileSync(path, JSON.stringify(changed));
          return path;
        },
        /Expected content with the checksum/,
      ],
      ['another lookback', () => written(({ fit }) => (fit.model.lookback = 4)), /Expected the network of the model at fit.network/],
      [
        'another interval',
        () => written(({ fit }) => (fit.intervalMs = 60_000)),
        /Expected a model of bars of 1h, as in interval, received .* of bars of 1m/,
      ],
      [
        'another market',
        () => written(({ fit }) => (fit.market = 'binance:ETH/USDT')),
        /Expected a model of BTC\/USDT, as in markets, received .* of ETH\/USDT/,
      ],
    ];
    for (const [what, make, words] of cases.slice(0, count(7, 7))) {
      for (const line of [
        ['paper', bots(make()), '--once'],
        ['backtest', bots(make())],
      ]) {
        const { code, stdout, stderr } = await world.run(line);
        expect([code > 1 && code < 4, stdout, few(stderr)], `${what}: ${stderr}`).toEqual([true, '', true]);
        expect(stderr, what).toMatch(words);
      }
    }
    expect(sessions()).toEqual(before);
    for (const path of [file, key.slice(0, 12)]) {
      expect((await world.run(['paper', bots(path), '--once'])).code).toBe(0);
      rmSync(join(world.workspace, 'sessions', 'frozen.sqlite'));
    }
  });
});

describe('a model file that is made to do harm', () => {
  const PLACES = (random: Random, value: Json): { readonly parent: Json; readonly name: string } => {
    let parent = value;
    for (;;) {
      const names = Object.keys(parent);
      const name = names[random.below(names.length)]!;
      const child = parent[name];
      const deeper = typeof child === 'object' && child !== null && Object.keys(child).length > 0 && random.uniform() < 0.8;
      if (!deeper) return { parent, name };
      parent = child as Json;
    }
  };
  const pick = <T>(random: Random, values: readonly T[]): T => values[random.below(values.length)]!;
  const HOSTILE: readonly unknown[] = [
    ...['__proto__', 'constructor', 'toString', '../../../x', '/etc/passwd', '\u001b[2J', 'x'.repeat(10_000), '', 'file:///etc/passwd'],
    ...[null, true, -1, 0.5, 1e9, 1e300, Number.MAX_SAFE_INTEGER, [], {}, [[[[]]]]],
    ...[{ toString: 'x' }, { module: './evil.ts', export: 'x' }, { own: { module: './evil.mjs' } }],
  ];

  const damage = (random: Random): string => {
    const kind = random.below(6);
    if (kind === 0) {
      const text = readFileSync(file, 'utf8');
      const path = join(outer, 'cut.paperwalk-model.json');
      writeFileSync(path, text.slice(0, random.below(text.length - 2)));
      return path;
    }
    if (kind === 1) {
      const path = join(outer, 'proto.paperwalk-model.json');
      const { sha256: _, ...said } = document;
      const text = JSON.stringify(said).replace('{"fit":{', '{"fit":{"__proto__":{"polluted":true},');
      writeFileSync(path, text.replace(/^\{/, `{"sha256":"${'0'.repeat(64)}","__proto__":{"polluted":true},`));
      return path;
    }
    return written((said) => {
      const { parent, name } = PLACES(random, said as unknown as Json);
      if (kind === 2) delete parent[name];
      else if (kind === 3) {
        const weight = pick(random, said.weights);
        weight.shape = pick(random, [[1e9, 1e9], [2 ** 31], [-1, 4], [0], [1e308], ['3'], [2, 2, 2, 2]]);
      } else if (kind === 4) pick(random, said.weights).values = pick(random, ['', 'AAAA', '!!!!', 'A'.repeat(100_000), 'AADAfw==']);
      else Object.defineProperty(parent, name, { value: pick(random, HOSTILE), enumerable: true });
    });
  };

  test('F6: is refused in a line, by import and by a session, or is a model; no code of it runs, and it takes no memory', {
    timeout,
  }, async () => {
    const fuzz = count(40, 200);
    const random = createRandom(66);
    mkdirSync(join(outer, 'code'));
    const ran = join(outer, 'ran');
    for (const name of ['evil.ts', 'evil.mjs'])
      writeFileSync(join(world.folder, name), `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(ran)}, 'x');\n`);
    const bot = world.bot('hostile', MEAN_MOVE.replace(/^model: .*$/m, '').replace(/^schedule: .*$/m, 'schedule: { frozen: FILE }'));
    const before = sessions();
    const outside = () => readdirSync(world.folder).sort();
    const around = outside();
    // Whatever the machine does meanwhile: twice what is left after the first ones.
    let refused = 0;
    for (let k = 0; k < fuzz; k++) {
      const path = damage(random);
      const words = readFileSync(path, 'utf8').slice(0, 300);
      const heap = process.memoryUsage();
      const { code, stdout, stderr } = await world.run(['models', 'import', path]);
      const grown = process.memoryUsage();
      expect(grown.arrayBuffers + grown.heapTotal - heap.arrayBuffers - heap.heapTotal, words).toBeLessThan(150_000_000);
      if (code === 0) continue;
      refused++;
      expect([code, stdout, few(stderr)], `${words} ${stderr}`).toEqual([3, '', true]);
      if (k % 4 !== 0) continue;
      writeFileSync(bot, readFileSync(bot, 'utf8').replace(/frozen: .*? \}/, `frozen: ${JSON.stringify(path)} }`));
      const session = await world.run(['paper', bot, '--once']);
      expect([[2, 3].includes(session.code), session.stdout, few(session.stderr)], `${words} ${session.stderr}`).toEqual([true, '', true]);
    }
    expect(refused).toBeGreaterThan(0.8 * fuzz);
    expect(({} as Json).polluted).toBeUndefined();
    expect(readdirSync(outer)).not.toContain('ran');
    expect(sessions()).toEqual(before);
    expect(outside()).toEqual([...around].sort());
    for (const folder of readdirSync(join(world.workspace, 'cache', 'fits'))) expect(folder).toMatch(/^[0-9a-f]{64}$/);
    expect((await world.run(['models', 'list', '--json'])).code).toBe(0);
  });
});

describe('a hostile name', () => {
  const PIECES = [
    ...[
      '../',
      '../../x',
      '..\\',
      '/',
      '/etc/x',
      'C:\\',
      'a/b',
      '\0',
      '\u0001',
      '\u001b[2J',
      '\n',
      '\t',
      ' ',
      '.',
      '..',
      '%2e%2e%2f',
      'CON',
      '-rf',
      '--json',
    ],
    ...[
      '$(id)',
      '`id`',
      "'; DROP TABLE slice; --",
      '"',
      ':',
      '*',
      '|',
      '\u202e',
      '\ud800',
      'é',
      '😀',
      '__proto__',
      'constructor',
      'x'.repeat(300),
      'a.sqlite',
      'a-wal',
    ],
  ];
  const hostile = (random: Random) => Array.from({ length: 1 + random.below(4) }, () => PIECES[random.below(PIECES.length)]).join('');
  const everything = () =>
    readdirSync(join(world.folder, '..'), { encoding: 'utf8' })
      .filter((name) => !/^paperwalk-|^vitest|^node-|^tsx-|^v8-/.test(name))
      .sort();

  test('G4: of a bot or of its market leads to no file outside of the workspace, and is refused in a line', { timeout }, async () => {
    const cases = count(24, 400);
    const random = createRandom(44);
    const names = [...PIECES];
    while (names.length < cases / 2) names.push(hostile(random));
    const inside = () =>
      readdirSync(world.folder)
        .filter((name) => !name.endsWith('.yaml') && !name.startsWith('evil'))
        .sort();
    const before = { around: everything(), inside: inside(), sessions: sessions() };
    const allowed = new Set<string>();
    for (const name of names.slice(0, cases / 2)) {
      const words = JSON.stringify(name);
      const markets = world.bot('market', MEAN_MOVE.replace('["binance:BTC/USDT"]', JSON.stringify([`binance:${name}`])));
      const bots = world.bot('named', `name: ${words}\n${MEAN_MOVE}`);
      for (const [kind, path] of [
        ['market', markets],
        ['bot', bots],
      ] as const) {
        const { code, stdout, stderr } = await world.run(['paper', path, '--once']);
        if (kind === 'bot' && code === 0) {
          // A plain name after all.
          expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
          allowed.add(`${name}.sqlite`);
          continue;
        }
        expect([[2, 3, 4, 5].includes(code), stdout, few(stderr)], `${kind} ${words}: ${stderr}`).toEqual([true, '', true]);
        if (kind === 'market' && stdout === '') continue;
        for (const line of [
          ['replay', path],
          ['status', path],
          ['paper', 'pause', path],
          ['paper', 'flatten', path],
          ['backup', path, join(outer, 'copy.sqlite')],
        ]) {
          const answer = await world.run(line);
          expect(
            [[2, 3, 5].includes(answer.code), few(answer.stdout + answer.stderr)],
            `${line[0]} ${words}: ${answer.code} ${answer.stdout} ${answer.stderr}`,
          ).toEqual([true, true]);
        }
      }
    }
    expect(everything()).toEqual(before.around);
    expect(inside()).toEqual(before.inside);
    expect(sessions().filter((name) => !allowed.has(name) && !/\.lock/.test(name))).toEqual(
      before.sessions.filter((name) => !/\.lock/.test(name)),
    );
  });
});
