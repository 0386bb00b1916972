import { describe, expect, it } from 'vitest';
import { control } from '../scripts/control.ts';
import { createTensorflowTrainer } from '../src/index.ts';

// The full size, 40 seeds and the smallest share that is found, is `npm run controls`.
const trainer = await createTensorflowTrainer({ backend: 'wasm' });

describe('controls: a market whose truth is known', () => {
  it('white noise: no skill is claimed for 4 seeds', async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const { forecast, verdict } = (await control({ kind: 'white-noise', seed }, trainer)).network;
      expect(forecast!.bars).toBe(1000);
      const { statistic, pValue } = forecast!.dieboldMariano;
      expect(statistic! > 0 && pValue! < 0.05).toBe(false);
      expect(verdict).toContain('no skill');
    }
  });

  it('planted, 10 % of the variance: the network finds it for 3 of 3 seeds, the ridge regression on the same inputs does not', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const { network, ridge } = await control({ kind: 'planted', seed, share: 0.1 }, trainer);
      const { forecast, verdict } = network;
      expect(forecast!.dieboldMariano.statistic).toBeGreaterThan(0);
      expect(forecast!.dieboldMariano.pValue).toBeLessThan(0.01);
      expect(verdict).not.toContain('no skill');
      // Nothing, or significantly worse than the last price: no claim either way.
      const { statistic, pValue } = ridge.forecast!.dieboldMariano;
      expect(statistic! > 0 && pValue! < 0.05).toBe(false);
      // And the network beats the ridge regression itself.
      expect(forecast!.baselines.find(({ name }) => name === 'linear')!.dieboldMariano.pValue).toBeLessThan(0.01);
    }
  });

  it('planted and shuffled: it is gone', async () => {
    const { forecast } = (await control({ kind: 'planted', seed: 1, share: 0.1, shuffled: true }, trainer)).network;
    const { statistic, pValue } = forecast!.dieboldMariano;
    expect(statistic! > 0 && pValue! < 0.05).toBe(false);
  });
});
