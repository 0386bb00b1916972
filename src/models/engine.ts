import type { Layer } from './network.ts';

/** The engines that train networks: our own kernels in WebAssembly, and TensorFlow.js. */
export const engineKinds = ['wasm', 'tensorflow'] as const;
export type EngineKind = (typeof engineKinds)[number];

const ONLY_ON_TENSORFLOW: ReadonlySet<Layer['kind']> = new Set(['bidirectional', 'attention', 'conv1d']);

/** Throws a TypeError that names the layer an engine does not have, and the engine that has it. */
export function checkEngine(engine: EngineKind, layers: readonly Layer[]): void {
  const lacking = engine === 'wasm' ? layers.find(({ kind }) => ONLY_ON_TENSORFLOW.has(kind)) : undefined;
  if (lacking) {
    throw new TypeError(`Expected layers that the engine wasm has, received ${lacking.kind}; set model.engine: tensorflow, which has it`);
  }
}
