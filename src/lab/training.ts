import type { Fit } from '../models/fit.ts';
import type { Model } from '../models/model.ts';
import type { Epoch, Trainer } from '../models/trainer.ts';
import { concurrently } from '../walk/concurrently.ts';
import { type FitRecord, storedFits } from '../walk/fit-source.ts';
import type { Surroundings } from '../walk/predictions.ts';
import type { LabInputs } from './inputs.ts';
import { labRequest } from './request.ts';

/** How far an experiment has come. */
export interface LabProgress {
  readonly phase: 'training';
  readonly market: string;
  readonly model: string;
  readonly seed: number;
  /** From 1, of all fits of this round. */
  readonly fit: number;
  readonly fits: number;
  /** Set while it trains. */
  readonly epoch?: Epoch;
  /** Set when it is done: whether it was found rather than trained. */
  readonly cached?: boolean;
}

/** What an experiment needs of the world. */
export interface LabSurroundings extends Omit<Surroundings, 'forecasts' | 'onProgress'> {
  readonly onProgress?: (progress: LabProgress) => void;
}

/** One fit to be had. */
export interface Job {
  /** What the fit is filed under: a market, or a class of them. */
  readonly subject: string;
  readonly name: string;
  readonly model: Model;
  readonly markets: readonly LabInputs[];
  readonly seed: number;
}

/** A fit and how it was come by, or why there is none. */
export type Done =
  | { readonly kind: 'fit'; readonly fit: Fit; readonly trainer: Trainer; readonly record: FitRecord }
  | { readonly kind: 'refused'; readonly reason: string };

/** The fits of all jobs, in their order, as many at once as the trainer is for; each is looked up before it is trained. */
export async function fitAll(jobs: readonly Job[], trainer: Trainer, around: LabSurroundings, tell: boolean): Promise<readonly Done[]> {
  return concurrently(jobs, trainer.concurrency, async (job): Promise<Done> => {
    const records: FitRecord[] = [];
    const request = labRequest(job.subject, job.model, job.markets, job.seed, trainer.id);
    const place = { fold: jobs.indexOf(job) + 1, folds: jobs.length };
    const onProgress = around.onProgress;
    const source = storedFits(
      trainer,
      around.fits,
      around.clock,
      records,
      tell && onProgress
        ? ({ fold, folds, epoch, cached }) =>
            onProgress({
              phase: 'training',
              market: job.subject,
              model: job.name,
              seed: job.seed,
              fit: fold,
              fits: folds,
              ...(epoch && { epoch }),
              ...(cached !== undefined && { cached }),
            })
        : undefined,
      around.signal,
    );
    const outcome = await source(request, place);
    if (outcome.kind === 'refused') return { kind: 'refused', reason: outcome.reason };
    return { kind: 'fit', fit: outcome.fit, trainer, record: records[0]! };
  });
}
