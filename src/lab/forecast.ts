import type { Column } from '../core/bars.ts';
import { type Fit, openFit, scalingFor } from '../models/fit.ts';
import { outputsOf, tradedOutput } from '../models/model.ts';
import { expectedLevel, expectedReturn, outputNames, probabilityOf } from '../models/target.ts';
import type { Trainer } from '../models/trainer.ts';
import type { LabInputs } from './inputs.ts';

/** What one fit, or several together, say of one market; columns aligned with its bars, NaN where nothing is said. */
export interface ModelForecast {
  /** [output]: the level `horizon` bars ahead; an output that the model does not know has none. */
  readonly levels: readonly (Column | undefined)[];
  /** Returns of the close, one column for each quantile learnt. */
  readonly quantiles?: { readonly of: readonly number[]; readonly columns: readonly Column[] };
  /** Of a rise. */
  readonly probability?: Column;
  /** [output]: standard deviation over an ensemble's members, in the unit of the level. */
  readonly spread?: readonly (Column | undefined)[];
}

/** The forecasts of a fit for every labelled window of all parts. `outputs` are the experiment's; a model may know the close only. */
export function forecastFit(
  fit: Fit,
  trainer: Trainer,
  inputs: LabInputs,
  outputs: readonly string[],
  present: readonly Column[],
): ModelForecast {
  const { model } = fit;
  const ends = allEnds(inputs);
  const open = openFit(fit, trainer, inputs.bars.market);
  let learnt: Float64Array;
  try {
    learnt = open.outputs(inputs.features.values, ends);
  } finally {
    open.close();
  }
  const { meanMove } = scalingFor(fit, inputs.bars.market);
  const count = outputsOf(model);
  const column = (of: (window: number, row: number) => number): Column => {
    const filled = new Float64Array(inputs.bars.length).fill(Number.NaN);
    ends.forEach((row, window) => {
      filled[row] = of(window, row);
    });
    return filled;
  };
  const own = outputNames(model.target);
  const traded = tradedOutput(model);
  const levels = outputs.map((name, k) => {
    const place = own.indexOf(name);
    if (place < 0) return undefined;
    const output = own.length > 1 ? place : traded;
    return column((window, row) => expectedLevel(model.target, learnt[window * count + output]!, present[k]![row]!, meanMove));
  });
  const { loss } = model.training;
  const { close } = inputs.bars;
  const quantiles = loss.kind === 'quantile' && own[0] === 'close' && model.layers.length > 0 ? loss.quantiles : undefined;
  return {
    levels,
    ...(quantiles && {
      quantiles: {
        of: quantiles,
        columns: quantiles.map((_, q) =>
          column((window, row) => expectedReturn(model.target, learnt[window * count + q]!, close[row]!, meanMove)),
        ),
      },
    }),
    ...(model.target === 'direction' && { probability: column((window) => probabilityOf(learnt[window]!)) }),
  };
}

/** Persistence: every present level stays. */
export function persistenceForecast(inputs: LabInputs, present: readonly Column[]): ModelForecast {
  const scored = new Uint8Array(inputs.bars.length);
  for (const row of allEnds(inputs)) scored[row] = 1;
  return { levels: present.map((column) => column.map((level, row) => (scored[row] === 1 ? level : Number.NaN))) };
}

/** Windows of all parts, ascending. */
export function allEnds({ ends }: LabInputs): Int32Array {
  return Int32Array.from([...ends.train, ...ends.validation, ...ends.test]);
}
