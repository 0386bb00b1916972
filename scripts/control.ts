import { backtest, baseline, gru, type RunResult, synthetic, type Trainer, threshold } from '../src/index.ts';

const HOUR = 3_600_000;

export interface ControlMarket {
  readonly kind: 'white-noise' | 'planted';
  readonly seed: number;
  /** Predictable share of the variance of returns; for planted. */
  readonly share?: number;
  readonly shuffled?: boolean;
}

/** The run of the network, and of the ridge regression in its place: each with its own test against the last price. */
export interface Control {
  readonly network: RunResult;
  readonly ridge: RunResult;
}

/**
 * A 16-unit GRU with lookback 10 that sees past returns only, trained on 2,000 bars and scored on the next 1,000 (one fit, no retraining),
 * beside a ridge regression on the same inputs.
 */
export async function control({ kind, seed, ...market }: ControlMarket, trainer: Trainer): Promise<Control> {
  const { bars } = synthetic(kind, { bars: 3013, intervalMs: HOUR, start: Date.UTC(2022, 0, 1), seed, ...market });
  const inputs = { lookback: 10, features: ['return'], train: { window: 2000, validation: 0.15, epochs: 30, patience: 5 } };
  const common = {
    bars,
    trainer,
    // One request as soon as there are 2,000 samples, which serves to the end.
    schedule: { retrain: 2011, delay: 1, maxAge: 2000 },
    policy: threshold({ enter: 0.001, exit: -0.001 }),
    costs: { taker: 0.0005 },
    seed,
    name: `${kind}-${seed}`,
  };
  const network = await backtest({ ...common, model: gru({ units: [16], ...inputs }) });
  const ridge = await backtest({ ...common, model: baseline('linear', inputs) });
  return { network: network.report, ridge: ridge.report };
}

/** One line of a table of controls. */
export function controlLine({ network, ridge }: Control): string {
  const said = (name: string, { forecast }: RunResult) => {
    const { statistic, pValue } = forecast!.dieboldMariano;
    return `${name} R2 ${forecast!.skillVsPersistence?.toFixed(4)}, Diebold-Mariano ${statistic?.toFixed(2) ?? '-'} (p ${pValue?.toFixed(4) ?? '-'})`;
  };
  return `${network.forecast!.bars} bars; ${said('network', network)}; ${said('ridge', ridge)}; "${network.verdict.split(/[:;.]/)[0]}"`;
}
