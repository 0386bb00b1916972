import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { parseOverride } from '../../src/config/override.ts';
import { cronOf, paperRules, paperSettings } from '../../src/config/paper.ts';
import { resolveBot } from '../../src/config.ts';
import { nextTick } from '../../src/live/cron.ts';
import { paperwalk } from '../cli/recorded-host.ts';
import { refusalOf } from '../support/refusal.ts';

const BOT = 'markets: [synthetic:planted]\nstrategy: { kind: threshold, enter: 0.5%, exit: -0.5% }\n';
const PLAIN = 'markets: [synthetic:planted]\nstrategy: buy-and-hold\n';
const CANARY = 'canary';
const ENVIRONMENT = { HOOK: `https://hooks.example/${CANARY}`, KEY: CANARY, TOKEN: `42:${CANARY}`, CHAT: '-100', EMPTY: '' };

const load = (text: string, ...set: string[]) =>
  resolveBot(text, 'bot.yaml', { environment: {}, currentDirectory: '.', overrides: set.map(parseOverride) });
const bot = (paper: string, more = 'interval: 4h\nmodel: gru\n') => load(`${BOT}${more}paper: ${paper}\n`);
const settings = (paper: string, more?: string) => paperSettings(bot(paper, more), ENVIRONMENT);
const refusal = (paper: string, more?: string) => refusalOf(() => settings(paper, more));

describe('the settings of a paper session', () => {
  it('have defaults by the interval, with the section empty or left out', () => {
    const expected = { cron: '5 0 */4 * * *', graceMs: 30_000, maxLatenessMs: 300_000, missed: 'skip', onExpired: 'flat', notify: [] };
    expect(settings('{}')).toEqual(expected);
    expect(paperSettings(load(`${BOT}interval: 4h\nmodel: gru\n`), {})).toEqual(expected);
    // A quarter of a minute; a tenth of one would be over at once.
    expect(settings('{}', 'interval: 1m\nmodel: gru\n')).toMatchObject({ cron: '1 * * * * *', graceMs: 15_000, maxLatenessMs: 35_000 });
  });

  it('are those of the file where it has some', () => {
    expect(
      settings(
        `{ cron: "20 */5 * * * *", grace: 500ms, maxLateness: 2h, missed: replay, onExpired: hold, notify: [{ webhook: "\${HOOK}" }] }`,
      ),
    ).toEqual({
      cron: '20 */5 * * * *',
      graceMs: 500,
      maxLatenessMs: 7_200_000,
      missed: 'replay',
      onExpired: 'hold',
      notify: [{ kind: 'webhook', url: ENVIRONMENT.HOOK, on: ['fill', 'rejection', 'guard', 'hand', 'alert'] }],
    });
    expect(settings('{ cron: auto, grace: 010s, maxLateness: 30s }')).toMatchObject({
      cron: '5 0 */4 * * *',
      graceMs: 10_000,
      maxLatenessMs: 30_000,
    });
  });

  it('say what becomes of a position without a fit only where there is a model, and as the guards do', () => {
    const expired = (paper: string, more: string) => settings(paper, `interval: 4h\n${more}`).onExpired;
    expect(paperSettings(load(`${PLAIN}interval: 4h\npaper: { onExpired: hold }\n`), {}).onExpired).toBeUndefined();
    expect(expired('{}', 'schedule: { frozen: "0123abcd" }\n')).toBe('flat');
    expect(expired('{}', 'model: gru\nguards: { expiredModel: hold }\n')).toBe('hold');
    expect(refusal('{ onExpired: flat }', 'interval: 4h\nmodel: gru\nguards: { expiredModel: hold }\n')).toBe(
      'bot.yaml:6:21: Expected paper.onExpired to be hold, as guards.expiredModel is, received flat; take one of them out',
    );
  });

  it('tell a chat through a Telegram bot, and what was chosen', () => {
    const { notify } = settings(
      `{ notify: [{ telegram: { token: "\${TOKEN}", chat: "\${CHAT}" }, on: [alert] }, { telegram: { token: "\${TOKEN}", chat: -7 } }] }`,
    );
    expect(notify).toMatchObject([
      { kind: 'telegram', token: ENVIRONMENT.TOKEN, chat: '-100', on: ['alert'] },
      { kind: 'telegram', token: ENVIRONMENT.TOKEN, chat: '-7' },
    ]);
  });

  it('tick at every close of New York, whose sessions begin and end at half hours', () => {
    const cron = (interval: string) => cronOf(load(`${PLAIN}interval: ${interval}\ncalendar: nyse\n`));
    expect(['1d', '4h', '1h', '30m', '15m', '1m'].map(cron)).toEqual([
      '5 0 0 * * *',
      ...['5 */30 * * * *', '5 */30 * * * *', '5 */30 * * * *', '5 */15 * * * *', '1 * * * * *'],
    ]);
    // The first bar of 4h of a session that opens at 09:30 in New York, in winter.
    expect(nextTick(cron('4h'), DateTime.fromISO('2024-01-16T18:30:00Z')).toUTC().toISO()).toBe('2024-01-16T18:30:05.000Z');
  });

  it('do not exist for an interval without a cron expression, whose bot can be backtested nevertheless', () => {
    expect(refusal('{ grace: 1s }', 'interval: 2d\nmodel: gru\n')).toBe(
      'bot.yaml:5:8: Expected an interval that divides an hour, a day or a week evenly, received 172800000 ms; set paper.cron',
    );
    expect(settings('{ cron: "0 12 * * *" }', 'interval: 2d\nmodel: gru\n').cron).toBe('0 12 * * *');
  });
});

describe('the section paper', () => {
  const cron = 'auto, or a cron expression that ticks, such as "5 0 */4 * * *" (UTC, seconds first), received a string';
  const webhook = `an https address (http on this machine), or \${NAME} of an environment variable that holds one, received`;
  const token = `\${NAME} of the environment variable that holds the token, received`;
  it.each([
    ['{ cron: hourly }', `5:16: Expected paper.cron to be ${cron}`],
    ['{ cron: "0 0 30 2 *" }', `5:16: Expected paper.cron to be ${cron}`],
    ['{ cron: "61 * * * * *" }', `5:16: Expected paper.cron to be ${cron}`],
    ['{ grace: 30 }', '5:17: Expected paper.grace to be a duration such as 500ms, 30s, 5m or 2h, received a number'],
    ['{ grace: 1.5s }', '5:17: Expected paper.grace to be a duration such as 500ms, 30s, 5m or 2h, received a string'],
    ['{ maxLateness: -5m }', '5:23: Expected paper.maxLateness to be a duration such as 500ms, 30s, 5m or 2h, received a string'],
    ['{ grace: 240m }', '5:17: Expected paper.grace to be shorter than the interval of 4h, received 240m; the next bar closes meanwhile'],
    ['{ missed: skipp }', '5:18: Expected paper.missed to be one of skip, replay, received a string; did you mean "skip"?'],
    ['{ gracee: 30s }', '5:10: Unknown key "gracee"; did you mean "grace"?'],
    ['{ notify: { webhook: "https://a.example" } }', '5:18: Expected paper.notify to be a list of notifiers, received a section'],
    ['{ notify: [true] }', '5:19: Expected paper.notify[0] to be a section of keys and values, received a boolean'],
    ['{ notify: [{ console: true }] }', '5:21: Unknown key "console"; known here: webhook, telegram, on'],
    ['{ notify: [{}] }', '5:19: Expected paper.notify[0] to be a section with either webhook or telegram, received a section'],
    [
      `{ notify: [{ webhook: "https://a.example", telegram: { token: "\${TOKEN}", chat: 1 } }] }`,
      '5:19: Expected paper.notify[0] to be a section with either webhook or telegram, received a section',
    ],
    ['{ notify: [{ webhook: "http://a.example" }] }', `5:30: Expected paper.notify[0].webhook to be ${webhook} a string`],
    ['{ notify: [{ webhook: "https://u:w@a.example" }] }', `5:30: Expected paper.notify[0].webhook to be ${webhook} a string`],
    ['{ notify: [{ webhook: 7 }] }', `5:30: Expected paper.notify[0].webhook to be ${webhook} a number`],
    ['{ notify: [{ telegram: { token: "1:a", chat: 1 } }] }', `5:40: Expected paper.notify[0].telegram.token to be ${token} a string`],
    [`{ notify: [{ telegram: { token: "\${T}" } }] }`, /^bot\.yaml:5:31: Expected paper\.notify\[0\]\.telegram\.chat to be .* nothing$/],
    [`{ notify: [{ telegram: { token: "\${T}", chat: me } }] }`, /^bot\.yaml:5:54: Expected paper\.notify\[0\]\.telegram\.chat to be /],
    [
      `{ notify: [{ webhook: "\${HOOK}", on: [] }] }`,
      '5:45: Expected paper.notify[0].on to be a list of at least one thing to tell, such as [fill, alert], received a list',
    ],
    [`{ notify: [{ webhook: "\${HOOK}", on: [fil] }] }`, /^bot\.yaml:5:46: Expected paper\.notify\[0\]\.on\[0\] to be one of .* "fill"\?$/],
  ])('%s is refused when the file is read', (paper, expected) => {
    const received = refusalOf(() => bot(paper));
    if (typeof expected === 'string') expect(received).toBe(`bot.yaml:${expected}`);
    else expect(received).toMatch(expected);
  });

  it.each([
    [`{ webhook: "\${NONE}" }`, '5:30: Expected the environment variable NONE to be set, received nothing; export it first'],
    [`{ webhook: "\${EMPTY}" }`, '5:30: Expected the environment variable EMPTY to be set, received nothing; export it first'],
    [`{ webhook: "\${constructor}" }`, '5:30: Expected the environment variable constructor to be set, received nothing; export it first'],
    [
      `{ telegram: { token: "\${NONE}", chat: "\${NEITHER}" } }`,
      '5:40: Expected the environment variable NONE to be set, received nothing; export it first\n' +
        'bot.yaml:5:57: Expected the environment variable NEITHER to be set, received nothing; export it first',
    ],
    [
      `{ webhook: "\${KEY}" }`,
      '5:30: Expected an https address (http on this machine) without user and password, received something else; check the variable',
    ],
    [
      `{ telegram: { token: "\${KEY}", chat: "\${KEY}" } }`,
      '5:40: Expected a token such as 123456:ABC, received something else; check the variable\n' +
        'bot.yaml:5:56: Expected the number or @name of a chat, received something else; check the variable',
    ],
    [
      `{ webhook: "\${HOOK}" }, { webhook: "\${HOOK}", on: [fit] }`,
      '5:43: Expected each notifier once, received one again; list all that it tells under its on',
    ],
  ])('%s is refused when a session begins, and not before', (notify, expected) => {
    const loaded = bot(`{ notify: [${notify}] }`);
    expect(refusalOf(() => paperSettings(loaded, ENVIRONMENT))).toBe(`bot.yaml:${expected}`);
  });

  it('has rules that can be known without the variables', () => {
    const { notify, ...rules } = settings(`{ missed: replay, notify: [{ webhook: "\${HOOK}" }] }`);
    expect(notify).toHaveLength(1);
    expect(paperRules(bot(`{ missed: replay, notify: [{ webhook: "\${HOOK}" }] }`))).toEqual(rules);
  });

  it('names the option where it was set on the command line', () => {
    const loaded = load(`${BOT}interval: 4h\nmodel: gru\n`, `paper.notify=[{ webhook: "\${NONE}" }]`);
    expect(refusalOf(() => paperSettings(loaded, ENVIRONMENT))).toBe(
      '--set paper.notify: Expected the environment variable NONE to be set, received nothing; export it first',
    );
  });

  it('puts variables into the text around them', () => {
    expect(settings(`{ notify: [{ webhook: "https://a.example/\${KEY}/\${CHAT}?x" }] }`).notify).toMatchObject([
      { url: 'https://a.example/canary/-100?x' },
    ]);
    expect(refusal(`{ notify: [{ webhook: "http://\${KEY}/" }] }`)).toMatch(/^bot\.yaml:5:30: Expected an https address/);
  });

  it('is printed and stored without what follows the host of an address that stands in it, and with its references', () => {
    const loaded = bot(
      `{ notify: [{ webhook: "https://a.example:444/${CANARY}?key=${CANARY}", on: [fit] }, { webhook: "https://b.example/\${KEY}" }] }`,
    );
    expect(loaded.config.paper).toEqual({
      notify: [{ webhook: 'https://a.example:444/...', on: ['fit'] }, { webhook: 'https://b.example/...' }],
    });
    expect(paperSettings(loaded, ENVIRONMENT).notify).toMatchObject([
      { url: `https://a.example:444/${CANARY}?key=${CANARY}` },
      { url: `https://b.example/${CANARY}` },
    ]);
  });

  it.each([
    ...['cron', 'grace', 'maxLateness', 'missed', 'onExpired', 'notify'].map((key) => `{ ${key}: ${CANARY} }`),
    ...[`"${CANARY}"`, `"${CANARY}://${CANARY}"`, `"http://${CANARY}/"`, `"https://a.example/${CANARY}"`, `"\${HOOK}"`, `"\${KEY}"`].map(
      (text) => `{ notify: [{ webhook: ${text} }] }`,
    ),
    ...[`"42:${CANARY}"`, `"\${TOKEN}"`, `"\${KEY}"`, `"x\${KEY}"`].flatMap((text) => [
      `{ notify: [{ telegram: { token: ${text}, chat: 1 } }] }`,
      `{ notify: [{ telegram: { token: "\${TOKEN}", chat: ${text} } }] }`,
    ]),
    `{ notify: [{ webhook: "\${HOOK}", on: [${CANARY}] }] }`,
  ])('%s shows the secret in it neither in the config nor in an error', (paper) => {
    let shown = '';
    const error = refusalOf(() => {
      const loaded = bot(paper);
      shown = JSON.stringify(loaded.config);
      paperSettings(loaded, ENVIRONMENT);
    });
    expect(`${shown} ${error}`).not.toContain(CANARY);
    expect(`${shown} ${error}`.length).toBeGreaterThan(20);
  });

  it('asks a backtest for no variable', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'paperwalk-paper-'));
    const file = join(folder, 'bot.yaml');
    const paper = `paper: { notify: [{ webhook: "\${NONE}" }] }\n`;
    writeFileSync(file, `markets: ["synthetic:trend?bars=200"]\ninterval: 1h\nstrategy: buy-and-hold\n${paper}`);
    const { code, stdout } = await paperwalk(['backtest', file, '--json', '--workspace', folder]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).config.paper).toEqual({ notify: [{ webhook: `\${NONE}` }] });
    rmSync(folder, { recursive: true });
  });
});
