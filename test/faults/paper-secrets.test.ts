import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CROSSOVER, type ForwardWorld, forwardWorld } from '../cli/forward-world.ts';
import type { Answer } from '../cli/recorded-host.ts';
import { count, size } from '../support/counts.ts';

/** In every secret of this file, and nowhere else. */
const CANARY = 'canary4711';
const secret = (place: string) => `${place}-${CANARY}`;

let world: ForwardWorld;
let hook: Server;
let port: number;
/** What the receiver does with the next message. */
let receive: 'takes' | 'fails' | 'redirects' | 'breaks off' = 'takes';
let received = 0;
beforeAll(async () => {
  world = await forwardWorld();
  hook = createServer((request, response) => {
    received++;
    if (receive === 'breaks off') request.socket.resetAndDestroy();
    // Whoever echoes the address tells the secret.
    else if (receive === 'redirects') response.writeHead(302, { location: `http://127.0.0.1:${port}/${secret('redirect')}` }).end();
    else response.writeHead(receive === 'takes' ? 200 : 500).end(`no such hook as ${request.url}`);
  });
  await new Promise<void>((done) => hook.listen(0, '127.0.0.1', done));
  port = (hook.address() as AddressInfo).port;
});
afterAll(async () => {
  hook.close();
  await world.close();
});

const address = () => `http://127.0.0.1:${port}/${secret('path')}/x?token=${secret('query')}`;
const settings = (): Readonly<Record<string, string>> => ({
  PAPERWALK_EXCHANGE_URL: world.exchange.url,
  HOOK: `http://127.0.0.1:${port}/${secret('variable')}`,
  TOKEN: `4711:${secret('token')}`,
  CHAT: `@${CANARY}_chat`,
  UNUSED: secret('unused'),
});
const variable = (name: string) => `\${${name}}`;
// What Telegram is told is what never happens here: nothing leaves this machine.
const botText = () => `${CROSSOVER}paper:
  notify:
    - webhook: "${address()}"
      on: [order, fill, rejection, guard, hand, alert]
    - webhook: "\${HOOK}"
    - telegram: { token: "\${TOKEN}", chat: "\${CHAT}" }
      on: [fit]
`;

const told: string[] = [];
async function run(argv: readonly string[], environment: Readonly<Record<string, string>> = settings()): Promise<Answer> {
  const answer = await world.run(argv, { environment });
  told.push(answer.stdout, answer.stderr);
  expect(answer.stdout + answer.stderr, argv.join(' ')).not.toContain(CANARY);
  return answer;
}

/** Files of the world that hold the canary, bot files aside. */
function leaks(): readonly string[] {
  return readdirSync(world.folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile() && !(entry.name.endsWith('.yaml') && entry.parentPath === world.folder))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(CANARY) || path.includes(CANARY));
}

describe('secrets', () => {
  test('G1: of a session that tells whom it should are in no output, ledger, copy or report', async () => {
    const bot = world.bot('secrets', botText());
    let n = 1;
    for (const mode of (['takes', 'fails', 'redirects', 'breaks off'] as const).slice(0, count(4, 4))) {
      receive = mode;
      const before = received;
      for (let tick = 0; tick < size(3, 6); tick++) {
        if (tick < 2) await run(['paper', tick === 0 ? 'pause' : 'resume', bot]);
        world.time.moveTo(Date.UTC(2020, 0, 9, 8 + n++) + 5000);
        expect(
          (await run(['paper', bot, '--once', ...(tick === 1 ? ['--debug'] : []), ...(tick === 2 ? ['--json'] : [])])).code,
          mode,
        ).toBe(0);
      }
      expect(received, mode).toBeGreaterThan(before);
      if (mode !== 'takes') expect(told.join(''), mode).toMatch(/Expected webhook:.* to take a message, received /);
    }
    const at = '2020-01-09T12:00Z';
    const lines = [
      ['status', bot],
      ['status', bot, '--json'],
      ['status'],
      ['replay', bot],
      ['replay', bot, '--json', '--refit'],
      ['replay', bot, '--no-observations'],
      ['replay', bot, '--set', 'strategy.fast=3', '--json'],
      ['explain', bot, at],
      ['explain', bot, at, '--json'],
      ['paper', 'pause', bot],
      ['paper', 'flatten', bot, '--json'],
      ['paper', 'resume', bot, '--debug'],
      ['backup', bot, join(world.folder, 'copy.sqlite')],
      ['backup', bot, join(world.folder, 'copy.sqlite'), '--debug'],
      ['doctor', bot],
      ['doctor', bot, '--json'],
      ['backtest', bot],
      ['backtest', bot, '--json'],
    ];
    for (const line of lines) expect([0, 1, 2, 5], `${line.join(' ')}: ${told.at(-1)}`).toContain((await run(line)).code);
    count(lines.length, lines.length);
    expect(leaks()).toEqual([]);
    expect(readdirSync(join(world.workspace, 'runs')).length).toBeGreaterThan(0);
  });

  test('G1: are not quoted where they are wrong, in any place that may hold one, whatever the command', async () => {
    const sound = settings();
    const wrong: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
      ['no such variable', botText().replace('{HOOK}', '{ABSENT}'), sound],
      ['a variable that is no address', botText(), { ...sound, HOOK: secret('no address') }],
      ['an address with a password', botText(), { ...sound, HOOK: `https://user:${secret('password')}@127.0.0.1/x` }],
      ['an address without encryption', botText(), { ...sound, HOOK: `http://example.com/${secret('plain')}` }],
      ['a token that is none', botText(), { ...sound, TOKEN: secret('no token') }],
      ['a chat that is none', botText(), { ...sound, CHAT: `${secret('no chat')} !` }],
      ['the same channel twice', botText().replace('{HOOK}', '{TWICE}'), { ...sound, TWICE: address() }],
      ['a password in the file', botText().replace(address(), `https://user:${secret('password')}@127.0.0.1/x`), sound],
      ['no encryption in the file', botText().replace(address(), `http://example.com/${secret('plain')}`), sound],
      ['no address in the file', botText().replace(address(), secret('no address')), sound],
      ['a token in the file', botText().replace(variable('TOKEN'), `4711:${secret('token')}`), sound],
      ['a chat in the file that is none', botText().replace(variable('CHAT'), `${secret('chat')} !`), sound],
      ['a list in place of an address', botText().replace(`"${address()}"`, `["${address()}"]`), sound],
      ['a section in place of an address', botText().replace(`"${address()}"`, `{ url: "${address()}" }`), sound],
      ['a key that is misspelt', botText().replace('- webhook:', '- webhok:'), sound],
      ['a key twice', botText().replace('- webhook: "', `- webhook: "${address()}"\n      webhook: "`), sound],
      ['no YAML', botText().replace(`"${address()}"`, `"${address()}`), sound],
      ['something else that is wrong', `${botText()}capital: none\n`, sound],
    ];
    const cases = wrong.slice(0, count(18, 18));
    for (const [what, text, environment] of cases) {
      const bot = world.bot('wrong', text);
      const before = told.length;
      for (const line of [
        ['paper', bot, '--once', '--debug'],
        ['doctor', bot, '--json'],
        ['paper', bot, '--once'],
        ['paper', bot, '--once', '--json'],
        ['status', bot],
        ['replay', bot],
        ['doctor', bot],
        ['backtest', bot, '--debug'],
      ].slice(0, size(2, 8))) {
        const { code } = await run(line, environment);
        if (line[0] === 'paper') expect(code, `${what}: ${told.slice(before).join('')}`).toBe(2);
      }
    }
    for (const [key, value] of [
      ['paper.notify', `[{ webhook: "${address()}", x: 1 }]`],
      ['paper.notify', `"${secret('set')}"`],
      ['paper.notify.0.webhook', secret('set')],
    ]) {
      expect((await run(['paper', world.bot('set', botText()), '--once', '--set', `${key}=${value}`])).code).toBe(2);
    }
    expect(leaks()).toEqual([]);
  });
});
