import type { Network } from '../network.ts';
import type { Predictor, Weight } from '../trainer.ts';

/** Forecasts bias + kernel . window from the weights `kernel` [lookback x inputs] and `bias` [1]; summed in the order of the columns. */
export function openAffine({ lookback, inputs }: Network, weights: readonly Weight[]): Predictor {
  const kernel = weights[0]!.values;
  const bias = weights[1]!.values[0]!;
  return {
    forecast(rows, ends, _slots, into) {
      for (let k = 0; k < ends.length; k++) {
        const start = (ends[k]! - lookback + 1) * inputs;
        let sum = bias;
        for (let j = 0; j < kernel.length; j++) sum += kernel[j]! * rows[start + j]!;
        into[k] = sum;
      }
    },
    close: () => {},
  };
}
