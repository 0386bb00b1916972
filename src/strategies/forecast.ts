import type { Signal } from '../core/policy.ts';

/** The model's expected return over its horizon, as a fraction: what a predictor contributes to a strategy. */
export const forecastReturn: Signal = {
  name: 'forecast',
  needs: 'forecast',
  column: (_bars, forecast) => forecast,
};
