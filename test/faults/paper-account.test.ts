import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { count } from '../support/counts.ts';
import { startPaper } from './paper-child.ts';
import { readSession } from './paper-reference.ts';
import { AFTER, absent, createScenes } from './paper-scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-account-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CANARY = 'canary4711';
/** Where programs on ccxt, and ccxt's own tools, look for keys. */
const NAMES = [
  'APIKEY',
  'API_KEY',
  'KEY',
  'SECRET',
  'API_SECRET',
  'PASSWORD',
  'PASSPHRASE',
  'UID',
  'TOKEN',
  'PRIVATE_KEY',
  'WALLET_ADDRESS',
];
const keys = Object.fromEntries(
  ['BINANCE', 'COINBASE', 'CCXT', 'EXCHANGE'].flatMap((of) => NAMES.map((name) => [`${of}_${name}`, CANARY])),
);

describe.skipIf(absent)('keys of an account in the environment (skipped where ../shared/data is absent)', () => {
  test('G2: are never used: every request is a public one, and none carries them', async () => {
    const ticks = count(40, 1000);
    const { rules, closes } = await createScenes(folder, ticks);
    const run = { ...rules, workspace: join(folder, 'workspace'), end: closes.at(-1)! + AFTER, tap: join(folder, 'tap') };
    const { code, calls, stderr } = await startPaper(run, { environment: keys }).ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(readSession(run.workspace)!.trace.closeTime).toHaveLength(ticks);
    expect(calls).toMatchObject({ private: 0, other: 0 });
    const sent = readFileSync(run.tap, 'latin1');
    // All of it was seen, quotes of markets with new orders too.
    expect(sent.match(/^GET /gm)).toHaveLength(Object.values(calls).reduce((sum, one) => sum + one));
    expect(calls.ticker).toBeGreaterThan(ticks / 20);
    for (const form of [CANARY, Buffer.from(CANARY).toString('base64'), Buffer.from(CANARY).toString('hex')])
      expect(sent.toLowerCase()).not.toContain(form.toLowerCase());
    expect(sent).not.toMatch(/signature|api-?key|authorization|cookie/i);
  });
});
