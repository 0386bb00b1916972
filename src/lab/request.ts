import { deriveSeed } from '../core/random.ts';
import { type Request, requestKey } from '../models/fit.ts';
import type { Model } from '../models/model.ts';
import { labelsAt } from '../walk/plan.ts';
import type { LabInputs } from './inputs.ts';

/**
 * The request for one fit on the training and validation windows of one market, or of several that are pooled; `name` is what the fit
 * is filed under. Rows before the first window and behind the last one do not go in.
 */
export function labRequest(name: string, model: Model, markets: readonly LabInputs[], seed: number, trainerId: string): Request {
  const parts = markets.map((inputs) => cut(model, inputs));
  const { width } = markets[0]!.features;
  const rowsBefore: number[] = [];
  let rows = 0;
  for (const { values } of parts) {
    rowsBefore.push(rows);
    rows += values.length / width;
  }
  const joined = (part: 'train' | 'validation') =>
    parts.flatMap((piece, k) => Array.from(piece[part], (end) => end - piece.start + rowsBefore[k]!));
  const together = (pick: (inputs: LabInputs, ends: Int32Array) => Float64Array) =>
    join((['train', 'validation'] as const).flatMap((part) => markets.map((inputs) => pick(inputs, inputs.ends[part]))));
  const training = joined('train');
  const time = Math.max(...parts.map((part) => part.knownAt));
  const request = {
    market: name,
    model,
    slot: 0,
    time,
    intervalMs: markets[0]!.bars.intervalMs,
    trainedFrom: Math.min(...parts.map((part) => part.from)),
    trainedTo: Math.max(...parts.map((part) => part.to)),
    values: join(parts.map(({ values }) => values)),
    width,
    ends: Int32Array.from([...training, ...joined('validation')]),
    trainCount: training.length,
    labels: together(({ labels, labelWidth }, ends) => labelsAt(labels, labelWidth, ends)),
    moves: together(({ returns }, ends) => labelsAt(returns, 1, ends)),
    seed: deriveSeed(seed, name, time),
    ...(markets.every(({ scaledBy }) => scaledBy) && {
      scaledBy: markets.map(({ scaledBy: rows }, k) => ({
        from: rows!.from - parts[k]!.start + rowsBefore[k]!,
        to: rows!.to - parts[k]!.start + rowsBefore[k]!,
        labels: rows!.labels,
      })),
    }),
    ...(markets.length > 1 && { pooled: markets.map(({ bars }, k) => ({ market: bars.market, row: rowsBefore[k]! })) }),
  };
  return { ...request, key: requestKey(request, trainerId) };
}

function cut({ lookback, horizon }: Model, { bars, features, scaledBy, ends: { train, validation } }: LabInputs) {
  const { values, width } = features;
  const start = scaledBy?.from ?? train[0]! - lookback + 1;
  const last = validation[validation.length - 1]!;
  return {
    start,
    train,
    validation,
    values: values.slice(start * width, (last + 1) * width),
    from: bars.openTime[start]!,
    to: bars.openTime[last + horizon]!,
    /** The close at which the last label is known. */
    knownAt: bars.openTime[last + horizon]! + bars.intervalMs,
  };
}

function join(pieces: readonly Float64Array[]): Float64Array {
  const joined = new Float64Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
