import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { openBarStore } from '../../src/data/store.ts';
import { HOUR } from '../data/market.ts';
import { count } from '../support/counts.ts';
import { perpetual } from '../support/perpetual.ts';
import { start } from './process.ts';
import { contentAfter, save } from './store-writes.ts';

const { market } = perpetual;
const workspace = mkdtempSync(join(tmpdir(), 'paperwalk-killed-'));
afterAll(() => rmSync(workspace, { recursive: true }));
const store = openBarStore(workspace);

/** Writes while it lives; killed at a moment of chance after its first write. Answers the number of the last write that it said was stored. */
async function writeUntilKilled(from: number, lifeMs: number): Promise<number> {
  const child = start('test/faults/store-writer.ts', [workspace, String(from)]);
  let said = '';
  child.stdout!.on('data', (text) => {
    said += text;
  });
  await once(child.stdout!, 'data');
  await sleep(lifeMs);
  child.kill('SIGKILL');
  const [code, signal] = await once(child, 'close');
  expect([code, signal]).toEqual([null, 'SIGKILL']);
  return Number(said.trimEnd().split('\n').at(-1));
}

describe('a process that is killed while it writes bars', () => {
  test('A8: leaves the whole of every write that it said was stored, and the next one as a whole or not at all', async () => {
    const random = createRandom(8);
    let next = 0;
    let leftovers = 0;
    const kills = count(5, 100);
    for (let kill = 0; kill < kills; kill++) {
      const last = await writeUntilKilled(next, random.uniform() * 40);
      const { volume } = await store.read(market, HOUR);
      const revisions = await store.revisions(market, HOUR);
      const stored = [last + 1, last + 2].find(
        (k) => contentAfter(k).volumes.length === volume.length && contentAfter(k).revisions === revisions.length,
      );
      expect(stored, `after kill ${kill}, at write ${last}`).toBeDefined();
      expect([...volume]).toEqual(contentAfter(stored!).volumes);
      // What follows the bars of a write may be there or not, and is whole.
      const { others } = contentAfter(stored!);
      const prefixes = [others, others.slice(0, -1)];
      const information = (await store.information(market)).map(({ information: { taker } }) => taker);
      const rates = [...((await store.funding(market))?.rate ?? [])];
      expect(prefixes).toContainEqual(information);
      expect(prefixes).toContainEqual(rates);
      const names = readdirSync(workspace, { recursive: true, encoding: 'utf8' });
      leftovers = names.filter((name) => /\.new\.|\.tmp$/.test(name)).length;
      next = stored!;
      // A write that may have been cut in its second half is made again, as its owner would.
      if (next > 0) await save(store, next - 1);
    }
    // Killed in the middle more than once in the full run: whatever lay there then has disturbed nothing.
    if (kills === 100) expect(leftovers).toBeGreaterThan(0);
  });
});
