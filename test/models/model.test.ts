import { describe, expect, it } from 'vitest';
import { baselineLike, createModel, type ModelOptions, outputsOf, tradedOutput } from '../../src/models/model.ts';

const gru = (options: Partial<ModelOptions> = {}) => createModel({ kind: 'gru', units: [8, 4], ...options });
const kinds = (options: Partial<ModelOptions>) => gru(options).layers.map(({ kind }) => kind);

describe('the layers of a model', () => {
  it('are recurrent ones and a dense output', () => {
    expect(kinds({})).toEqual(['gru', 'gru', 'dense']);
    expect(gru().layers.map((layer) => 'sequences' in layer && layer.sequences)).toEqual([true, false, false]);
  });

  it('have dropout after each recurrent one, or between them', () => {
    expect(kinds({ dropout: 0.2 })).toEqual(['gru', 'dropout', 'gru', 'dropout', 'dense']);
    expect(kinds({ dropout: 0.2, dropoutLast: false })).toEqual(['gru', 'dropout', 'gru', 'dense']);
  });

  it('have batch normalisation before the dropout', () => {
    expect(kinds({ batchNorm: true, dropout: 0.2 })).toEqual(['gru', 'batchNorm', 'dropout', 'gru', 'batchNorm', 'dropout', 'dense']);
  });

  it('have hidden dense ones, each with its own dropout', () => {
    expect(kinds({ dense: [6, 3], denseDropout: 0.1 })).toEqual(['gru', 'gru', 'dense', 'dropout', 'dense', 'dropout', 'dense']);
  });

  it('are penalised alike, unless the recurrent kernels are named', () => {
    expect(gru({ l2: 0.1 }).layers[0]).toMatchObject({ kernelL2: 0.1, recurrentL2: 0.1 });
    expect(gru({ l2: 0.1, recurrentL2: 0 }).layers[0]).toMatchObject({ kernelL2: 0.1, recurrentL2: 0 });
    expect(gru({ l2: 0.1, dense: [3] }).layers.at(-2)).toMatchObject({ kind: 'dense', kernelL2: 0.1 });
    expect(gru({ l2: 0.1 }).layers.at(-1)).toMatchObject({ kind: 'dense', kernelL2: 0 });
  });
});

describe('the outputs of a model', () => {
  it('are one for each target or quantile; what is traded is the close, or the quantile nearest the median', () => {
    const several = gru({ target: ['high', 'low', 'close'] });
    expect([outputsOf(several), tradedOutput(several)]).toEqual([3, 2]);
    const quantiles = gru({ train: { loss: 'quantile', quantile: [0.05, 0.4, 0.7, 0.95] } });
    expect([outputsOf(quantiles), tradedOutput(quantiles)]).toEqual([4, 1]);
    expect([outputsOf(gru()), tradedOutput(gru())]).toEqual([1, 0]);
    expect(several.layers.at(-1)).toMatchObject({ kind: 'dense', units: 3 });
  });

  it.each<[Partial<ModelOptions>, string]>([
    [{ target: ['high', 'low'] }, 'Expected close among several targets, received high, low'],
    [{ target: ['close', 'high', 'close'] }, 'Expected each target once, received close again'],
    [{ target: ['high', 'close'], train: { loss: 'quantile' } }, 'Expected one target with train.loss quantile, received high, close'],
    [
      { train: { loss: 'quantile', quantile: [0.5, 0.1] } },
      'Expected train.quantile to be > 0 and < 1, several in ascending order, received 0.5, 0.1',
    ],
    [{ train: { loss: 'quantile', quantile: [] } }, 'Expected train.quantile to be > 0 and < 1'],
    [{ denseDropout: 1 }, 'Expected denseDropout to be a fraction >= 0 and < 1, received 1'],
    [{ recurrentL2: -1 }, 'Expected recurrentL2 to be a finite number >= 0, received -1'],
  ])('%j are refused', (options, words) => {
    expect(() => gru(options)).toThrow(words);
  });
});

describe('the baseline of a model', () => {
  it('that learns has its target, features and scaling, and the window or its last row', () => {
    const model = gru({ target: 'price', features: ['close', 'volume'], lookback: 9, horizon: 3, scaling: { inputs: 'minmax' } });
    for (const kind of ['least-squares', 'forest', 'support-vector', 'mean'] as const) {
      for (const lookback of [9, 1]) {
        const own = baselineLike(model, kind, lookback);
        expect(own).toMatchObject({ kind, lookback, horizon: 3, target: 'price', features: ['close', 'volume'], layers: [] });
        expect(own.scaling).toEqual({ inputs: 'minmax', target: 'standard' });
      }
    }
  });

  it('in one number, or of a direction, forecasts the return, unscaled', () => {
    for (const kind of ['persistence', 'drift', 'majority'] as const) {
      expect(baselineLike(gru({ target: 'price' }), kind, 1)).toMatchObject({ kind, target: 'return', scaling: { target: 'none' } });
    }
    expect(baselineLike(gru({ target: 'direction' }), 'forest', 1)).toMatchObject({ target: 'return', scaling: { target: 'none' } });
  });

  it('support vectors learn scaled returns, for their tube is as wide in any unit', () => {
    expect(baselineLike(gru({ target: 'return' }), 'support-vector', 1).scaling.target).toBe('standard');
    expect(baselineLike(gru({ target: 'return' }), 'forest', 1).scaling.target).toBe('none');
  });
});
