/** Paperwalk as a library: a strategy in code, on the same engine as the command line tool. */

// Backtests: one long tick, and what it amounts to.
export { type BacktestOptions, backtest, type SweepOptions, sweep } from './backtest/options.ts';
export type { Backtest, RunResult } from './backtest/result.ts';
export type { CellFigures } from './backtest/sweep.ts';
// Bars: closed intervals of a market, and where they come from.
export { type BarColumns, BarError, type Bars, type Column, createBars, firstRowAt, sliceBars } from './core/bars.ts';
// The engine: the one fold over slices, for those who bring their own columns.
export { type Run, run } from './core/engine.ts';
export type { FundingRates } from './core/funding.ts';
export type { Order, OrderKind, Protection, Ticket, Trail } from './core/order.ts';
export { createPanel, type Panel } from './core/panel.ts';
// Strategies: signals to targets.
export { HOLD, type Outlook, type Policy, PolicyError, Reason, type Signal, type Strategy, type View } from './core/policy.ts';
export type { Costs, Guards, MarketRules, OrderStyle, Rules, Slippage, VolumeCap } from './core/rules.ts';
export type { Setup } from './core/setup.ts';
export type { Event, FillEvent, State, Trace } from './core/trace.ts';
/** Bars from a CSV file; `interval` such as `4h`. */
export { csv } from './data/bars-from-csv.ts';
/** Data that are missing, damaged or too few, with file and line where known. */
export { DataError } from './data/data-error.ts';
/** A seeded market whose predictable part is known. */
export { SYNTHETIC_KINDS, synthetic } from './data/synthetic.ts';
// Indicators: bars to causal columns.
export { indicator, indicatorNames } from './indicators/catalogue.ts';
// The lab: one split, many models, and what they must beat.
export { type ExperimentOptions, experiment } from './lab/options.ts';
export type { Experiment, ExperimentResult, ModelScore } from './lab/result.ts';
export { directoryFitStore, directoryForecastStore, type FitStore, type ForecastStore, memoryFitStore } from './models/bundle.ts';
export type { EngineKind } from './models/engine.ts';
/** The trainers of networks: our own kernels, and TensorFlow.js. */
export { createTensorflowTrainer } from './models/engines/tensorflow/trainer.ts';
export { createWasmTrainer, type WasmTrainer, type WasmTrainerOptions } from './models/engines/wasm/trainer.ts';
export type { FeatureSpecification } from './models/feature.ts';
export type { Fit, Outcome } from './models/fit.ts';
// Models: bars to forecasts.
export { baseline, createModel, gru, lstm, type Model, type ModelOptions, rnn } from './models/model.ts';
/** Published systems by name: their networks, data and training. */
export { type Preset, type PresetName, preset, presetNames } from './models/preset.ts';
export type { Epoch, Predictor, Samples, Trained, Trainer, Weight } from './models/trainer.ts';
export { experimentFigures } from './report/experiment-figures.ts';
export { experimentHtml } from './report/experiment-html.ts';
export { experimentText } from './report/experiment-text.ts';
export { htmlReport } from './report/html.ts';
export { pngOf } from './report/png.ts';
export { terminalSummary } from './report/terminal.ts';
export { buyAndHold } from './strategies/buy-and-hold.ts';
export { crossover } from './strategies/crossover.ts';
export { filtered } from './strategies/filter.ts';
export { forecastReturn } from './strategies/forecast.ts';
/** Several markets judged together, and signals on higher intervals. */
export { type MeanVarianceOptions, meanVariance } from './strategies/mean-variance.ts';
export { momentum } from './strategies/momentum.ts';
export { onInterval } from './strategies/on-interval.ts';
/** Long where a rise is likely enough, of a model that learns the direction. */
export { type ProbabilityOptions, probability, riseProbability } from './strategies/probability.ts';
/** As much as the forecast is of the volatility. */
export { type ProportionalOptions, proportional, standardisedForecast } from './strategies/proportional.ts';
/** Only what a model of several quantiles is sure of after costs. */
export { lowerBound, type QuantileOptions, quantile, upperBound } from './strategies/quantile.ts';
export { type RankOptions, rank } from './strategies/rank.ts';
export { createStrategy, type StrategyOptions } from './strategies/registry.ts';
/** How large positions are. */
export type { Sizing } from './strategies/sizing.ts';
export { type ThresholdOptions, threshold } from './strategies/threshold.ts';
export { vote } from './strategies/vote.ts';
export { digest } from './walk/digest.ts';
