import type { FitStore } from '../models/bundle.ts';
import { fit, type Outcome, type Request } from '../models/fit.ts';
import type { Epoch, Trainer } from '../models/trainer.ts';
import type { FitSource } from './walk.ts';

/** How far a backtest has come. */
export interface Progress {
  readonly phase: 'training';
  readonly market: string;
  readonly model: string;
  /** From 1; within one round of the plan. */
  readonly fold: number;
  readonly folds: number;
  /** Set while the fold trains. */
  readonly epoch?: Epoch;
  /** Set when the fold is done: whether its fit was found rather than trained. */
  readonly cached?: boolean;
}

/** What is kept of a request once its fit is there: not the columns it learnt from. */
export interface RequestSummary
  extends Pick<Request, 'key' | 'market' | 'model' | 'slot' | 'time' | 'trainedFrom' | 'trainedTo' | 'trainCount'> {
  readonly validationCount: number;
}

function summarise(request: Request): RequestSummary {
  const { key, market, model, slot, time, trainedFrom, trainedTo, trainCount, ends } = request;
  return { key, market, model, slot, time, trainedFrom, trainedTo, trainCount, validationCount: ends.length - trainCount };
}

/** How a fit was come by. */
export interface FitRecord {
  readonly request: RequestSummary;
  readonly outcome: Outcome;
  readonly cached: boolean;
  /** Seconds of training; 0 where it was found. */
  readonly seconds: number;
}

/** A source of fits that looks a key up before it trains, stores what it trained, and keeps a record of each in the order asked for. */
export function storedFits(
  trainer: Trainer,
  store: FitStore,
  clock: () => number,
  records: FitRecord[],
  onProgress: ((progress: Progress) => void) | undefined,
  signal: AbortSignal | undefined,
): FitSource {
  return async (request, { fold, folds }) => {
    signal?.throwIfAborted();
    const index = records.length++;
    const place = { phase: 'training' as const, market: request.market, model: request.model.kind, fold, folds };
    const found = store.get(request.key);
    if (found) {
      records[index] = { request: summarise(request), outcome: { kind: 'fit', fit: found }, cached: true, seconds: 0 };
      onProgress?.({ ...place, cached: true });
      return { kind: 'fit', fit: found };
    }
    const start = clock();
    const onEpoch = onProgress && ((epoch: Epoch) => onProgress({ ...place, epoch }));
    const outcome = await fit(request, trainer, { ...(onEpoch && { onEpoch }), ...(signal && { signal }) });
    if (outcome.kind === 'fit') store.put(outcome.fit);
    records[index] = { request: summarise(request), outcome, cached: false, seconds: (clock() - start) / 1000 };
    onProgress?.({ ...place, cached: false });
    return outcome;
  };
}
