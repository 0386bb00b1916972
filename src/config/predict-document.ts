import { z } from 'zod';

const figure = z.number().nullable();
const instant = z.iso.datetime();

const fit = z.looseObject({
  model: z.string(),
  key: z.string().regex(/^[0-9a-f]{64}$/),
  trainedFrom: instant,
  trainedTo: instant,
  samples: z.int().min(2),
  validationSamples: z.int().min(0),
  epochs: z.int().min(0),
  engine: z.string(),
});

/** `predict --json`. */
export const predictDocument = z.looseObject({
  schema: z.literal('paperwalk/predict@1'),
  name: z.string(),
  markets: z
    .array(
      z.looseObject({
        market: z.string(),
        lastClose: z.number().positive(),
        lastTime: instant,
        model: z.string(),
        fit,
        members: z.array(fit).optional(),
        target: z.union([z.string(), z.array(z.string())]),
        horizon: z.int().min(1),
        steps: z
          .array(
            z.looseObject({
              step: z.int().min(1),
              time: instant,
              close: figure,
              return: figure,
              recursive: z.boolean(),
              levels: z.record(z.string(), z.number()).optional(),
              quantiles: z.array(z.looseObject({ quantile: z.number(), level: z.number() })).optional(),
              probability: z.number().min(0).max(1).optional(),
              spread: z.number().min(0).optional(),
              persistence: z.number(),
              drift: figure,
            }),
          )
          .min(1),
        warnings: z.array(z.string()),
      }),
    )
    .min(1),
  failures: z.array(z.looseObject({ market: z.string(), reason: z.string() })).optional(),
});
