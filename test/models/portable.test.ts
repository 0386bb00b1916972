import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boosting } from '../../src/models/baselines/boosting.ts';
import { drift, majority, mean, persistence } from '../../src/models/baselines/constant.ts';
import { forest } from '../../src/models/baselines/forest.ts';
import { leastSquares } from '../../src/models/baselines/least-squares.ts';
import { linear } from '../../src/models/baselines/linear.ts';
import { supportVector } from '../../src/models/baselines/support-vector.ts';
import { BundleError } from '../../src/models/bundle.ts';
import type { Fit } from '../../src/models/fit.ts';
import { canonicalJson } from '../../src/models/key.ts';
import { baseline, gru, lstm, type Model, networkOf, rnn } from '../../src/models/model.ts';
import { initialWeights } from '../../src/models/parameters.ts';
import { portableText, readPortable } from '../../src/models/portable.ts';
import type { Samples, Trainer, Weight } from '../../src/models/trainer.ts';

const KEY = '0123456789abcdef'.repeat(4);
const INPUTS = 2;

/** A fit of a model to nothing in particular. */
function fitOf(model: Model, weights?: readonly Weight[]): Fit {
  const network = networkOf(model, INPUTS);
  const labels = typeof model.target === 'string' ? 1 : model.target.length;
  const scaler = (width: number) => ({ kind: 'standard' as const, offset: new Array(width).fill(0.1), scale: new Array(width).fill(2) });
  return {
    schema: 'paperwalk/fit@1',
    key: KEY,
    market: 'test:A/B',
    model,
    network,
    engine: 'test',
    slot: -3,
    time: 7200_000,
    trainedFrom: 0,
    trainedTo: 3600_000,
    seed: 5,
    trainSamples: 10,
    validationSamples: 2,
    inputScaler: scaler(INPUTS),
    targetScaler: scaler(labels),
    meanMove: 0.01,
    epochs: 2,
    bestEpoch: 1,
    losses: [0.5, 0.25],
    validationLosses: [0.4, 0.45],
    weights: weights ?? initialWeights(network, 1),
  };
}

const SMALL = { units: [3], lookback: 4, features: ['close', 'volume'] } as const;
const tiny = fitOf(gru(SMALL));

const NETWORKS: Readonly<Record<string, Model>> = {
  gru: gru({ ...SMALL, units: [3, 2], dropout: 0.2, batchNorm: true, dense: [4] }),
  'gru, reset before': gru({ ...SMALL, resetAfter: false, l2: 0.01 }),
  lstm: lstm({ ...SMALL, activation: 'relu', target: 'direction' }),
  rnn: rnn({ ...SMALL, train: { loss: 'huber' } }),
  'layers of the other engine': lstm({
    ...SMALL,
    engine: 'tensorflow',
    bidirectional: true,
    attention: 2,
    convolution: { units: 3, kernelSize: 2 },
  }),
  quantiles: gru({ ...SMALL, train: { loss: 'quantile', quantile: [0.1, 0.5, 0.9] } }),
  'several targets': gru({ ...SMALL, target: ['high', 'low', 'close'] }),
};

const LEARNERS: readonly (readonly [Model, Trainer])[] = [
  [baseline('persistence', SMALL), persistence],
  [baseline('drift', SMALL), drift],
  [baseline('mean', SMALL), mean],
  [baseline('majority', SMALL), majority],
  [baseline('linear', SMALL), linear],
  [baseline('least-squares', SMALL), leastSquares],
  [baseline('forest', SMALL), forest],
  [baseline('boosting', SMALL), boosting],
  [baseline('support-vector', SMALL), supportVector],
];

async function learnt(model: Model, trainer: Trainer): Promise<Fit> {
  const rows = Float32Array.from({ length: 60 }, (_, k) => Math.sin(k * k));
  const ends = Int32Array.from({ length: 20 }, (_, k) => k + 5);
  const samples: Samples = {
    rows,
    inputs: INPUTS,
    lookback: model.lookback,
    outputs: 1,
    ends,
    targets: Float32Array.from(ends, (end) => rows[end * 2]! * rows[end * 2 - 1]!),
    trainCount: 16,
  };
  const trained = await trainer.fit(networkOf(model, INPUTS), samples, { ...model.training, seed: 1 }, {});
  if (trained.kind === 'refused') throw new Error(trained.reason);
  return fitOf(model, trained.weights);
}

type Document = {
  schema: string;
  sha256: string;
  fit: Record<string, unknown>;
  weights: { name: string; shape: number[]; values: string }[];
};

/** A file whose checksum is right, whatever was changed. */
function signed(fit: Fit, change: (document: Document) => void): string {
  const document = JSON.parse(portableText(fit)) as Document;
  change(document);
  const { sha256: _, ...said } = document;
  return JSON.stringify({ ...said, sha256: createHash('sha256').update(canonicalJson(said)).digest('hex') });
}

const encoded = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer).toString('base64');

describe('a portable model', () => {
  it.each(Object.entries(NETWORKS))('brings a network back: %s', (_, model) => {
    const fit = fitOf(model);
    expect(readPortable(portableText(fit), 'f')).toEqual(fit);
  });

  it.each(LEARNERS.map(([model, trainer]) => [model.kind, model, trainer] as const))(
    'brings a baseline back: %s',
    async (_, model, trainer) => {
      const fit = await learnt(model, trainer);
      expect(readPortable(portableText(fit), 'f')).toEqual(fit);
    },
  );

  it('keeps every bit of any finite weight', () => {
    const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
    const [first] = tiny.weights;
    fc.assert(
      fc.property(fc.array(finite, { minLength: first!.values.length, maxLength: first!.values.length }), (values) => {
        const weights = [{ ...first!, values: Float32Array.from(values) }, ...tiny.weights.slice(1)];
        const found = readPortable(portableText({ ...tiny, weights }), 'f');
        expect(Buffer.from(found.weights[0]!.values.buffer)).toEqual(Buffer.from(weights[0]!.values.buffer));
      }),
    );
  });

  it('carries what a later version added, and the scaling of every market', () => {
    const { inputScaler, targetScaler } = tiny;
    const more = {
      scores: { validation: { rmse: 1.5, of: [null, 'ridge'] } },
      dataSha256: KEY,
      pooled: [{ market: 'b', inputScaler, targetScaler, meanMove: 0.5 }],
    };
    expect(readPortable(portableText({ ...tiny, ...more }), 'f')).toEqual({ ...tiny, ...more });
  });

  it('may be laid out otherwise: it says the same', () => {
    const text = portableText(tiny);
    expect(readPortable(JSON.stringify(JSON.parse(text)), 'f')).toEqual(tiny);
    expect(readPortable(text.replaceAll('\n', '\r\n'), 'f')).toEqual(tiny);
  });

  it('is not written where the fit is unsound', () => {
    const weights = tiny.weights.map((weight, k) => (k === 1 ? { ...weight, values: weight.values.map(() => Number.NaN) } : weight));
    expect(() => portableText({ ...tiny, weights })).toThrow(/Expected a finite number at number 0 of weight 0\.gru\.recurrent_kernel/);
  });
});

describe('a damaged model file', () => {
  const bytes = Buffer.from(portableText(tiny));

  it('is refused however it was cut short', () => {
    for (let length = 0; length < bytes.length - 2; length += 37) {
      expect(() => readPortable(bytes.toString('utf8', 0, length), 'f'), `${length}`).toThrow(BundleError);
    }
  });

  it('is refused with any byte changed, or says the very same', () => {
    let refused = 0;
    let tried = 0;
    for (let at = 0; at < bytes.length; at += 3) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1 << (at % 8);
      tried++;
      let found: Fit;
      try {
        found = readPortable(damaged.toString('utf8'), 'f');
      } catch (error) {
        expect(error, `byte ${at}`).toBeInstanceOf(BundleError);
        refused++;
        continue;
      }
      expect(found).toEqual(tiny);
    }
    expect(refused / tried).toBeGreaterThan(0.99);
  });

  it.each([
    ['no JSON', 'PK\u0003\u0004', /^f: Expected a model file in JSON, received .*; export it again and copy it whole$/],
    ['another value', 'null', /Expected an object at file, received null/],
    ['another document', '{"schema":"paperwalk/run@1"}', /whose schema is paperwalk\/model-file@1, received "paperwalk\/run@1"/],
    ['a list', '[]', /Expected an object at file, received a list of 0/],
    ['a later version', '{"schema":"paperwalk/model-file@2"}', /received version 2 of a later Paperwalk; update this one/],
    ['no checksum', '{"schema":"paperwalk/model-file@1"}', /64 hexadecimal digits at file.sha256, received nothing/],
  ])('is refused in plain words: %s', (_, text, words) => {
    expect(() => readPortable(text, 'f')).toThrow(BundleError);
    expect(() => readPortable(text, 'f')).toThrow(words);
  });

  it('names both checksums, and quotes nothing that a terminal would obey', () => {
    const text = portableText(tiny).replace('"epochs": 2', '"epochs": 3');
    expect(() => readPortable(text, 'f')).toThrow(
      /^f: Expected content with the checksum [0-9a-f]{64} that it states, received [0-9a-f]{64}; /,
    );
    for (const hostile of ['\u001b]0;x\u0007', '{"schema":"\u001b[2J"}', '{"schema":"\\u001b[2J"}']) {
      try {
        readPortable(hostile, 'f');
      } catch (error) {
        expect((error as Error).message).not.toMatch(/\p{Cc}/u);
      }
    }
  });
});

describe('a model file that is made to deceive, with a right checksum, is refused for', () => {
  const tree = (change: Record<string, number[]>) => {
    const parts = { sizes: [3], column: [0, -1, -1], value: [0, 1, 2], right: [2, 0, 0], ...change };
    return fitOf(
      baseline('forest', SMALL),
      Object.entries(parts).map(([name, values]) => ({ name, shape: [values.length], values: Float32Array.from(values) })),
    );
  };
  const model = (document: Document) => document.fit.model as { layers: Record<string, unknown>[] } & Record<string, unknown>;
  const network = (document: Document) => document.fit.network as { layers: Record<string, unknown>[] } & Record<string, unknown>;

  it.each<[string, (document: Document) => void, RegExp]>([
    ['a key that is a path', (file) => (file.fit.key = '../../../../etc/passwd'), /64 hexadecimal digits at fit.key, received "..\/..\//],
    ['a key with a path at its end', (file) => (file.fit.key = `${KEY}/..`), /at fit.key/],
    ['no key', (file) => delete file.fit.key, /at fit.key, received nothing/],
    [
      'a fit of a later version',
      (file) => (file.fit.schema = 'paperwalk/fit@2'),
      /"paperwalk\/fit@1" at fit.schema, received "paperwalk\/fit@2"/,
    ],
    ['an unknown kind', (file) => (model(file).kind = 'toString'), /one of gru, lstm, .* at fit.model.kind, received "toString"/],
    ['an unknown layer', (file) => (model(file).layers[0]!.kind = 'constructor'), /at fit.model.layers\[0\].kind, received "constructor"/],
    ['a network of other size', (file) => (network(file).layers[0]!.units = 4), /Expected the network of the model at fit.network/],
    ['units without end', (file) => (model(file).layers[0]!.units = 1e9), /whole number from 1 to 4096 at fit.model.layers\[0\].units/],
    ['a huge shape', (file) => (file.weights[0]!.shape = [1e9, 1e9]), /for the 1000000000000000000 numbers of weight 0.gru.kernel/],
    ['a negative shape', (file) => (file.weights[0]!.shape = [-2, -9]), /whole number from 0 to .* at file.weights\[0\].shape\[0\]/],
    ['another shape', (file) => file.weights[0]!.shape.reverse(), /weight 0.gru.kernel of shape \[2, 9\], received .*\[9, 2\]/],
    ['a weight too few', (file) => file.weights.pop(), /Expected 5 arrays of weights for this network, received 4/],
    ['a weight under another name', (file) => (file.weights[0]!.name = 'x'), /received x of shape/],
    ['NaN', (file) => (file.weights[4]!.values = encoded(Number.NaN)), /finite number at number 0 of weight 1.dense.bias, received NaN/],
    ['infinity', (file) => (file.weights[4]!.values = encoded(Infinity)), /received Infinity/],
    ['characters that are not base64', (file) => (file.weights[4]!.values = '!!!!!!=='), /Expected base64/],
    [
      'a scaler that divides by 0',
      (file) => ((file.fit.inputScaler as { scale: number[] }).scale[1] = 0),
      /other than 0 at fit.inputScaler.scale\[1\]/,
    ],
    [
      'a scaler of other width',
      (file) => (file.fit.inputScaler as { offset: number[] }).offset.push(1),
      /Expected 2 columns at fit.inputScaler, received 3/,
    ],
    [
      'a text that a terminal obeys',
      (file) => (file.fit.market = 'a\u001b[2J'),
      /control characters at fit.market, received "a\\u001b\[2J"/,
    ],
    ['such a text anywhere', (file) => (file.fit.extra = [{ deep: '\u0007' }]), /at fit.extra\[0\].deep/],
    ['a time that no calendar has', (file) => (file.fit.time = 1e300), /at fit.time, received 1e\+300/],
    ['no network at all', (file) => (file.fit.network = null), /an object at fit.network, received null/],
    ['no fit at all', (file) => (file.fit = [] as never), /an object at fit, received a list of 0/],
    ['depth', (file) => (file.fit.extra = JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`)), /at most 64 levels/],
  ])('%s', (_, change, words) => {
    expect(() => readPortable(signed(tiny, change), 'f')).toThrow(BundleError);
    expect(() => readPortable(signed(tiny, change), 'f')).toThrow(words);
  });

  it('numbers beyond all numbers', () => {
    const text = signed(tiny, () => {}).replace('"meanMove":0.01', '"meanMove":1e999');
    expect(() => readPortable(text, 'f')).toThrow(BundleError);
  });

  it('nesting beyond the stack', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect(() => readPortable(`{"schema":"paperwalk/model-file@1","sha256":"${KEY}","fit":${deep}}`, 'f')).toThrow(BundleError);
  });

  it.each<[string, Record<string, number[]>]>([
    ['a tree that goes in circles', { right: [0, 0, 0] }],
    ['a tree that goes back', { right: [-1, 0, 0] }],
    ['a tree that leaves itself', { right: [3, 0, 0] }],
    ['a tree without leaves', { column: [0, 0, 0], right: [2, 2, 2] }],
    ['a column that is not there', { column: [8, -1, -1] }],
    ['half a node', { right: [1.5, 0, 0] }],
    ['trees of more nodes than there are', { sizes: [4] }],
    ['trees of fewer nodes', { sizes: [1] }],
    ['no node', { sizes: [3, 0] }],
    ['nodes without values', { value: [0] }],
  ])('%s', (_, change) => {
    expect(() => portableText(tree(change))).toThrow(BundleError);
  });

  it('but a sound tree is not', () => {
    expect(readPortable(portableText(tree({})), 'f')).toEqual(tree({}));
  });
});
