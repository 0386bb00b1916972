import { z } from 'zod';

const instant = z.iso.datetime();
const digest = z.string().regex(/^[0-9a-f]{64}$/);

const summary = {
  key: digest,
  market: z.string(),
  kind: z.string(),
  engine: z.string(),
  requestedAt: instant,
  trainedFrom: instant,
  trainedTo: instant,
  samples: z.int().min(0),
  validationSamples: z.int().min(0),
  parameters: z.int().min(0),
  epochs: z.int().min(0),
  bestEpoch: z.int().min(0),
  seed: z.number(),
  storedAt: instant,
  bytes: z.int().min(0),
};

/** `models list --json`. */
export const modelsDocument = z.looseObject({
  schema: z.literal('paperwalk/models@1'),
  models: z.array(z.looseObject(summary)),
  damaged: z.array(z.looseObject({ key: digest, bytes: z.int().min(0), reason: z.string() })),
});

const scaler = z.looseObject({ kind: z.string(), offset: z.array(z.number()), scale: z.array(z.number()) });

/** `models show --json`. */
export const modelDocument = z.looseObject({
  schema: z.literal('paperwalk/model@1'),
  ...summary,
  weightsSha256: digest,
  dataSha256: digest.nullable(),
  scores: z.array(
    z.looseObject({
      where: z.string(),
      part: z.enum(['validation', 'test', 'fold']),
      market: z.string(),
      output: z.string(),
      bars: z.int().min(0),
      r2: z.number().nullable(),
      rmse: z.number().nullable(),
      skillVsPersistence: z.number().nullable(),
      dieboldMarianoP: z.number().nullable(),
      baselines: z.record(z.string(), z.number().nullable()),
    }),
  ),
  fit: z.looseObject({
    schema: z.literal('paperwalk/fit@1'),
    model: z.looseObject({ lookback: z.int().min(1), horizon: z.int().min(1), features: z.array(z.unknown()) }),
    network: z.looseObject({
      lookback: z.int().min(1),
      inputs: z.int().min(1),
      outputs: z.int().min(1),
      layers: z.array(z.looseObject({ kind: z.string() })),
    }),
    inputScaler: scaler,
    targetScaler: scaler,
    losses: z.array(z.number()),
    validationLosses: z.array(z.number()),
  }),
});
