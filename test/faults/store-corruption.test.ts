import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sliceBars } from '../../src/core/bars.ts';
import { createRandom } from '../../src/core/random.ts';
import { DataError } from '../../src/data/data-error.ts';
import { openBarStore } from '../../src/data/store.ts';
import { HOUR, hourlyBars } from '../data/market.ts';
import { count } from '../support/counts.ts';
import { perpetual } from '../support/perpetual.ts';
import { questions } from './store-content.ts';

const { market } = perpetual;
const all = { ...hourlyBars(100), market };
const workspace = mkdtempSync(join(tmpdir(), 'paperwalk-corruption-'));
const store = openBarStore(workspace);
const asked = Object.entries(questions(store, market, HOUR));
let files: readonly string[] = [];

beforeAll(async () => {
  await store.write(sliceBars(all, 0, 80), { seen: 1, covered: { from: all.openTime[0]!, to: all.openTime[80]! } });
  const volume = all.volume.slice(70, 100).map((value) => value + 1);
  await store.write({ ...sliceBars(all, 70, 100), volume }, { seen: 2, revise: true });
  await store.saveInformation(perpetual, 1);
  const rates = { time: all.openTime.filter((_, row) => row % 8 === 0), rate: new Float64Array(13).fill(0.0001) };
  await store.saveFunding(market, rates, { seen: 3, covered: { from: all.openTime[0]!, to: all.openTime[99]! } });
  files = readdirSync(workspace, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
});
afterAll(() => rmSync(workspace, { recursive: true }));

/** What a question is answered with, or the error. */
const answered = (ask: () => Promise<unknown>) => ask().catch((error: unknown) => error);

describe('a flipped bit in the bar store', () => {
  test('A5: is refused with the name of its file, and nothing changed is ever told, wherever it lies', async () => {
    // Bars, their replaced rows and manifest, funding rates and their manifest, and what the exchange says of the market.
    expect(files.length).toBeGreaterThanOrEqual(6);
    const before = await Promise.all(asked.map(([, ask]) => ask()));
    const random = createRandom(3);
    const refusedFiles = new Set<string>();
    const cases = count(60, 500);
    for (let flip = 0; flip < cases; flip++) {
      const file = files[flip % files.length]!;
      const content = readFileSync(file);
      const damaged = Buffer.from(content);
      const place = random.below(content.length);
      damaged[place] = damaged[place]! ^ (1 << random.below(8));
      writeFileSync(file, damaged);
      const answers = await Promise.all(asked.map(([, ask]) => answered(ask)));
      writeFileSync(file, content);
      for (const [k, answer] of answers.entries()) {
        if (answer instanceof DataError) {
          expect(answer.message).toContain(`${file}: Expected the content that was stored, received other bytes`);
          refusedFiles.add(file);
        } else expect(isDeepStrictEqual(answer, before[k]), `${asked[k]![0]} with ${file} changed at ${place}`).toBe(true);
      }
    }
    // A manifest of an earlier version is no longer read; every other file is.
    const superseded = files.filter((file) => /\/v1\/manifest\.json$/.test(file) && files.includes(file.replace('/v1/', '/v2/')));
    expect([...refusedFiles].sort()).toEqual(files.filter((file) => !superseded.includes(file)).sort());
    expect(await Promise.all(asked.map(([, ask]) => ask()))).toEqual(before);
  });
});
