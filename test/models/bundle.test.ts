import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addBundle,
  BundleError,
  bundleKeys,
  directoryFitStore,
  directoryForecastStore,
  inspectBundle,
  memoryFitStore,
} from '../../src/models/bundle.ts';
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

describe('a folder of fits', () => {
  const weightsFile = (key: string) => join(folder, key, 'weights.bin');

  it('says what lies in it, damage included, and takes nothing else for a fit', async () => {
    const fit = await someFit();
    expect(bundleKeys(join(folder, 'nowhere'))).toEqual([]);
    directoryFitStore(folder).put(fit);
    mkdirSync(join(folder, `.${fit.key}.half`));
    mkdirSync(join(folder, 'a'.repeat(63)));
    expect(bundleKeys(folder)).toEqual([fit.key]);
    expect(inspectBundle(folder, fit.key)).toMatchObject({ key: fit.key, content: { kind: 'fit', fit } });
    expect(inspectBundle(folder, fit.key).bytes).toBeGreaterThan(1000);
    writeFileSync(weightsFile(fit.key), 'x');
    expect(inspectBundle(folder, fit.key)).toMatchObject({
      content: { kind: 'damaged', reason: expect.stringContaining(weightsFile(fit.key)) },
    });
    for (const text of ['null', '{}', '{"sha256":1}', '[']) {
      writeFileSync(join(folder, fit.key, 'fit.json'), text);
      expect(inspectBundle(folder, fit.key).content.kind, text).toBe('damaged');
    }
  });

  it('knows a fit that lies under the key of another', async () => {
    const fit = await someFit();
    const other = 'e'.repeat(64);
    directoryFitStore(folder).put(fit);
    mkdirSync(join(folder, other));
    for (const name of ['weights.bin', 'fit.json']) writeFileSync(join(folder, other, name), readFileSync(join(folder, fit.key, name)));
    expect(inspectBundle(folder, other)).toMatchObject({ content: { kind: 'damaged', reason: expect.stringContaining(other) } });
  });

  it('takes a fit from elsewhere, once, in place of a damaged one too, and never another under its key', async () => {
    const fit = await someFit();
    expect(addBundle(folder, fit)).toBe('added');
    expect(addBundle(folder, fit)).toBe('known');
    // What a later version says about a fit changes no forecast.
    expect(addBundle(folder, { ...fit, scores: [] } as Fit)).toBe('known');
    const weights = fit.weights.map((weight) => ({ ...weight, values: weight.values.map((value) => -value) }));
    expect(() => addBundle(folder, { ...fit, weights })).toThrow(/another under the same key; delete the folder to take it/);
    expect(() => addBundle(folder, { ...fit, meanMove: 2 })).toThrow(BundleError);
    writeFileSync(weightsFile(fit.key), 'x');
    expect(addBundle(folder, fit)).toBe('mended');
    expect(directoryFitStore(folder).get(fit.key)).toEqual(fit);
    expect(readdirSync(folder)).toEqual([fit.key]);
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
