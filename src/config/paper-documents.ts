import { z } from 'zod';
import { band } from './experiment-document.ts';

// What the commands of paper trading print under --json.

const figure = z.number().nullable();
const instant = z.iso.datetime();
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const side = z.enum(['buy', 'sell']);

/** `paper --json`, when it ends. */
const paperDocument = z.looseObject({
  schema: z.literal('paperwalk/paper@1'),
  sessions: z.array(
    z.looseObject({
      name: z.string(),
      // Bars, by this process.
      decided: z.int().min(0),
      last: instant.nullable(),
      equity: figure,
      holding: figure,
    }),
  ),
});

/** `paper pause`, `resume` and `flatten --json`. */
const handDocument = z.looseObject({
  schema: z.literal('paperwalk/hand@1'),
  name: z.string(),
  action: z.enum(['pause', 'resume', 'flatten']),
});

const slippage = {
  count: z.int().min(0),
  measured: band.nullable(),
  simulated: band.nullable(),
  sample: z.array(z.number()),
};

/** `paper slippage --json`. */
const slippageDocument = z.looseObject({ schema: z.literal('paperwalk/slippage@1'), name: z.string(), file: z.string(), ...slippage });

/** `backup --json`. */
const backupDocument = z.looseObject({ schema: z.literal('paperwalk/backup@1'), name: z.string(), file: z.string() });

const shown = z.union([z.number(), z.string()]).nullable();

/** `replay --json`. */
const replayDocument = z.looseObject({
  schema: z.literal('paperwalk/replay@1'),
  name: z.string(),
  identical: z.boolean(),
  decisions: z.int().min(0),
  fits: z.int().min(0),
  digest,
  replayed: digest,
  equity: z.looseObject({ session: figure, backtest: figure }),
  changed: z.array(z.string()),
  revisions: z.int().min(0),
  differing: z.int().min(0),
  differences: z.array(
    z.looseObject({ time: instant, what: z.string(), market: z.string().nullable(), session: shown, backtest: shown, cause: z.string() }),
  ),
});

const measure = z.looseObject({
  value: figure,
  interval: z.tuple([z.number(), z.number()]).nullable(),
  place: z.enum(['inside', 'outside']).nullable(),
});

const session = z.looseObject({
  name: z.string(),
  file: z.string(),
  markets: z.array(z.string()).min(1),
  interval: z.string(),
  begun: instant,
  capital: z.number(),
  // The process that runs it.
  holder: z.looseObject({ pid: z.int(), since: instant }).nullable(),
  hand: z.enum(['pause', 'resume', 'flatten']),
  asked: z.array(z.enum(['pause', 'resume', 'flatten'])),
  decided: z.int().min(0),
  last: z
    .looseObject({
      closeTime: instant,
      equity: z.number(),
      holding: z.number(),
      markets: z.array(
        z.looseObject({
          market: z.string(),
          close: figure,
          forecast: figure,
          signal: figure,
          target: figure,
          exposure: figure,
          reason: z.string(),
        }),
      ),
    })
    .nullable(),
  cash: z.number(),
  positions: z.array(
    z.looseObject({
      market: z.string(),
      quantity: z.number(),
      entryPrice: figure,
      lastClose: figure,
      profit: figure,
      profitFraction: figure,
    }),
  ),
  pending: z.array(
    z.looseObject({
      id: z.string(),
      market: z.string(),
      side,
      kind: z.string(),
      quantity: figure,
      exposure: figure,
      reason: z.string(),
      decidedAt: instant,
    }),
  ),
  // Provisional, outside the ledger; with --quotes only.
  forming: z.array(z.looseObject({ market: z.string(), openTime: instant, open: z.number() })),
  model: z
    .looseObject({
      kind: z.string(),
      frozen: z.boolean(),
      age: z.array(z.int().min(0).nullable()),
      next: z.looseObject({ bars: z.int().min(1), time: instant }).nullable(),
    })
    .nullable(),
  nextTick: instant,
  // The latest ones.
  fills: z.array(
    z.looseObject({
      time: instant,
      id: z.string(),
      market: z.string(),
      side,
      quantity: z.number(),
      price: z.number(),
      fee: z.number(),
      reason: z.string(),
    }),
  ),
  alerts: z.array(z.looseObject({ time: instant, text: z.string() })),
  drift: z
    .looseObject({
      band: z
        .looseObject({
          run: z.string(),
          folds: z.int().min(2),
          rmse: z.tuple([z.number(), z.number()]),
          directionAccuracy: z.tuple([z.number(), z.number()]),
        })
        .nullable(),
      markets: z.array(
        z.looseObject({ market: z.string(), bars: z.int().min(0), rmse: measure, directionAccuracy: measure, alarm: z.boolean() }),
      ),
    })
    .nullable(),
  slippage: z.looseObject(slippage),
});

/** `status --json`. */
const statusDocument = z.looseObject({
  schema: z.literal('paperwalk/status@1'),
  at: instant,
  sessions: z.array(z.union([session, z.looseObject({ name: z.string(), error: z.string() })])),
});

const time = z.number();

/** `explain --json`. Times below a decision are ms UTC. */
const explainDocument = z.looseObject({
  schema: z.literal('paperwalk/explain@1'),
  name: z.string(),
  strategy: z.unknown(),
  guards: z.unknown(),
  decisions: z
    .array(
      z.looseObject({
        market: z.string(),
        closeTime: instant,
        bar: z.looseObject({ open: z.number(), high: z.number(), low: z.number(), close: z.number(), volume: z.number() }),
        models: z.array(
          z.looseObject({
            kind: z.string(),
            fit: z
              .looseObject({
                key: digest,
                weights: digest,
                requested: time,
                age: z.int().min(0).nullable(),
                trainedFrom: time,
                trainedTo: time,
              })
              .nullable(),
            lookback: z.int().min(1),
            horizon: z.int().min(1),
            features: z.array(z.looseObject({ name: z.string(), value: figure, scaled: figure })),
            forecast: figure,
            lower: figure,
            upper: figure,
            probability: figure,
          }),
        ),
        forecast: figure,
        spread: figure,
        signals: z.array(z.looseObject({ name: z.string(), value: figure })),
        weight: figure,
        held: figure,
        target: figure,
        reason: z.string(),
        restraint: z.enum(['missed', 'paused', 'flattened']).nullable(),
        guards: z.array(
          z.looseObject({
            time,
            market: z.string().nullable(),
            guard: z.string(),
            action: z.enum(['acts', 'ends']),
            reason: z.string(),
          }),
        ),
        settled: z.array(
          z.looseObject({ id: z.string(), time: z.number(), side, quantity: z.number(), price: z.number(), fee: z.number() }),
        ),
        orders: z.array(
          z.looseObject({
            order: z.looseObject({ id: z.string(), market: z.string(), kind: z.string(), side, decidedAt: time, reason: z.string() }),
            fills: z.array(
              z.looseObject({
                time,
                side,
                quantity: z.number().positive(),
                price: z.number(),
                fee: z.number(),
                slippage: z.number(),
                factor: z.number(),
                reason: z.string(),
              }),
            ),
            rejection: z.looseObject({ time, reason: z.string() }).nullable(),
          }),
        ),
        equity: z.number(),
      }),
    )
    .min(1),
});

export const paperDocuments = {
  paper: paperDocument,
  hand: handDocument,
  slippage: slippageDocument,
  backup: backupDocument,
  replay: replayDocument,
  status: statusDocument,
  explain: explainDocument,
} as const;
