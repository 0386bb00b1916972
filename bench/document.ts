import { cpus } from 'node:os';
import type { DataFigures } from './data.ts';
import type { EngineFigures } from './engine.ts';
import type { PeersFigures } from './peers.ts';
import type { SweepFigures } from './sweep.ts';
import type { TrainingFigures } from './training.ts';

/** What --json prints: the machine, and the figures of the benchmark that ran. */
export interface Bench {
  readonly schema: 'paperwalk/bench@1';
  readonly machine: { readonly node: string; readonly cpu: string; readonly cores: number };
  readonly engine?: { readonly oneMarket: EngineFigures; readonly fourMarkets: EngineFigures; readonly orders: EngineFigures };
  readonly sweep?: SweepFigures;
  readonly data?: DataFigures;
  readonly training?: TrainingFigures;
  readonly peers?: PeersFigures;
}

export function benchDocument(figures: Omit<Bench, 'schema' | 'machine'>): Bench {
  const cores = cpus();
  return {
    schema: 'paperwalk/bench@1',
    machine: { node: process.version, cpu: cores[0]?.model ?? 'unknown', cores: cores.length },
    ...figures,
  };
}
