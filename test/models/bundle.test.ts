import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BundleError, directoryFitStore, directoryForecastStore, memoryFitStore } from '../../src/models/bundle.ts';
import type { Fit } from '../../src/models/fit.ts';
import { backtestOf, ridgeBot } from '../support/bots.ts';
import { randomBars } from '../support/markets.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paperwalk-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function someFit(): Promise<Fit> {
  const store = memoryFitStore();
  const { report } = await backtestOf(ridgeBot(), [randomBars({ seed: 1, length: 120 })], { fits: store });
  return store.get(report.fits[0]!.key)!;
}

describe('the store of fits', () => {
  it('gives back what was put, to the last bit', async () => {
    const fit = await someFit();
    const store = directoryFitStore(folder);
    expect(store.get(fit.key)).toBeUndefined();
    store.put(fit);
    store.put(fit);
    expect(directoryFitStore(folder).get(fit.key)).toEqual(fit);
    expect(readdirSync(folder)).toEqual([fit.key]);
  });

  it('refuses a fit in which any byte was changed, naming the file and what to do', async () => {
    const fit = await someFit();
    const store = directoryFitStore(folder);
    store.put(fit);
    for (const name of ['weights.bin', 'fit.json']) {
      const path = join(folder, fit.key, name);
      const clean = readFileSync(path);
      for (let at = 0; at < clean.length; at += Math.ceil(clean.length / 40)) {
        const damaged = Buffer.from(clean);
        damaged[at]! ^= 4;
        writeFileSync(path, damaged);
        let read: Fit | undefined;
        try {
          read = store.get(fit.key);
        } catch (error) {
          expect(error).toBeInstanceOf(BundleError);
          expect((error as Error).message).toContain('delete the folder');
          continue;
        }
        // White space between the numbers may change without changing anything said.
        expect(read).toEqual(fit);
      }
      writeFileSync(path, clean);
    }
  });
});

describe('the store of forecasts', () => {
  it('gives back what was put, and takes a damaged file for none', () => {
    const store = directoryForecastStore(folder);
    const forecasts = Float64Array.of(0.1, Number.NaN, -3e-300);
    expect(store.get('k')).toBeUndefined();
    store.put('k', forecasts);
    expect(store.get('k')).toEqual(forecasts);
    const path = join(folder, 'k.bin');
    const bytes = readFileSync(path);
    bytes[40]! ^= 1;
    writeFileSync(path, bytes);
    expect(store.get('k')).toBeUndefined();
  });
});
