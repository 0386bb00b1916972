import { z } from 'zod';

const figure = z.number().nullable();
const instant = z.iso.datetime();
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const whole = z.int().min(0);
const test = z.looseObject({ statistic: figure, pValue: figure });
const errors = { rmse: figure, mae: figure, r2: figure, bias: figure };

const scores = z.looseObject({
  bars: whole,
  unscored: whole,
  horizon: z.int().min(1),
  return: z.looseObject(errors),
  price: z.looseObject({ ...errors, mape: figure, negativeShare: figure }),
  directionAccuracy: figure,
  directionInterval: z.tuple([z.number(), z.number()]).nullable(),
  zeroMoves: whole,
  zeroForecasts: whole,
  majorityShare: figure,
  skillVsPersistence: figure,
  theilU2: figure,
  informationCoefficient: figure,
  rankInformationCoefficient: figure,
  dieboldMariano: test,
  dieboldMarianoLinear: test.nullable(),
  pesaranTimmermann: test,
  binomial: test,
  coverage: z
    .looseObject({
      quantiles: z.array(z.looseObject({ quantile: z.number(), share: figure, pValue: figure })),
      interval: z.looseObject({ nominal: z.number(), share: figure }).nullable(),
    })
    .nullable(),
  calibration: z
    .looseObject({
      brier: figure,
      brierOfShare: figure,
      logLoss: figure,
      bins: z.array(
        z.looseObject({ from: z.number(), to: z.number(), count: z.int().min(1), meanProbability: z.number(), share: z.number() }),
      ),
    })
    .nullable(),
});

/** A distribution in seven figures. */
export const band = z.looseObject({
  mean: z.number(),
  standardDeviation: figure,
  minimum: z.number(),
  p10: z.number(),
  median: z.number(),
  p90: z.number(),
  maximum: z.number(),
});
// A score that a run does not have, such as the direction of forecasts that never move, has no band.
const bands = z.looseObject({
  r2: band.optional(),
  rmse: band.optional(),
  mae: band.optional(),
  mape: band.optional(),
  bias: band.optional(),
  directionAccuracy: band.optional(),
  skillVsPersistence: band.optional(),
});

const losses = { epochs: whole, bestEpoch: whole, losses: z.array(z.number()), validationLosses: z.array(z.number()) };
const part = z.looseObject({ rows: whole, windows: whole, from: instant.nullable(), to: instant.nullable() });
const data = z.array(
  z.looseObject({
    market: z.string(),
    origin: z.string(),
    bars: whole,
    from: instant,
    to: instant,
    sha256: z.string(),
    warnings: z.array(z.string()),
    truth: z.string().optional(),
  }),
);
const split = z.array(z.looseObject({ market: z.string(), rows: whole, train: part, validation: part, test: part }));

/** What `experiment.json` and `metadata.json` have in common. */
const origin = {
  experimentId: z.string(),
  name: z.string(),
  config: z.looseObject({}),
  engine: z.string().nullable(),
  data,
  horizon: z.int().min(1),
  scored: z.enum(['validation', 'test']),
  split,
  assumptions: z.array(z.string()),
};

/** `train --json` and `experiment.json`. */
export const experimentDocument = z.looseObject({
  schema: z.literal('paperwalk/experiment@1'),
  ...origin,
  scores: z
    .array(
      z.looseObject({
        market: z.string(),
        model: z.string(),
        role: z.enum(['network', 'ensemble', 'baseline']),
        output: z.string(),
        parameters: whole.nullable(),
        runs: z
          .array(
            z.looseObject({
              seed: z.int(),
              fit: digest.nullable(),
              ...losses,
              seconds: z.number().min(0),
              cached: z.boolean(),
              validation: scores.nullable(),
              test: scores.nullable(),
            }),
          )
          .min(1),
        shown: whole,
        bands: z.looseObject({ validation: bands.nullable(), test: bands.nullable() }).nullable(),
      }),
    )
    .min(1),
  grid: z.array(
    z.looseObject({
      market: z.string(),
      model: z.string(),
      tried: z.array(z.looseObject({ words: z.string(), parameters: whole, epochs: whole, validationLoss: figure, chosen: z.boolean() })),
    }),
  ),
  failures: z.array(z.looseObject({ market: z.string(), model: z.string().nullable(), reason: z.string() })),
  verdict: z.string(),
  timings: z.looseObject({ training: z.number().min(0), total: z.number().min(0) }),
});

/** `history.json` of an experiment: the losses of every training. */
export const historyDocument = z.looseObject({
  schema: z.literal('paperwalk/history@1'),
  history: z.array(z.looseObject({ market: z.string(), model: z.string(), seed: z.int(), fit: digest.nullable(), ...losses })),
});

/** `metadata.json` of an experiment: what it was made from and how. */
export const metadataDocument = z.looseObject({
  schema: z.literal('paperwalk/metadata@1'),
  version: z.string(),
  ...origin,
  fits: z.array(
    z.looseObject({
      market: z.string(),
      output: z.string(),
      model: z.string(),
      parameters: whole.nullable(),
      seed: z.int(),
      fit: digest,
    }),
  ),
});
