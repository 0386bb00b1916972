import type { EngineKind } from '../engine.ts';
import type { Trainer } from '../trainer.ts';
import type { WasmTrainerOptions } from './wasm/trainer.ts';

/** The trainer of an engine, loaded when it is first needed. */
export async function loadTrainer(engine: EngineKind, wasm: WasmTrainerOptions = {}): Promise<Trainer> {
  if (engine === 'tensorflow') return (await import('./tensorflow/trainer.ts')).createTensorflowTrainer();
  return (await import('./wasm/trainer.ts')).createWasmTrainer(wasm);
}
