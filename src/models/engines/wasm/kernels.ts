export type Kernel = (...numbers: number[]) => void;

/** The compiled kernels. What each computes, on which shapes and layout, is said in its source, under `kernels/`. */
export interface Kernels {
  readonly packColumns: Kernel;
  readonly packTransposed: Kernel;
  readonly product: Kernel;
  readonly transposedProduct: Kernel;
  readonly columnSums: Kernel;
  readonly sigmoidRows: Kernel;
  readonly tanhRows: Kernel;
  readonly reluRows: Kernel;
  readonly sigmoidBackward: Kernel;
  readonly tanhBackward: Kernel;
  readonly reluBackward: Kernel;
  readonly lstmForward: Kernel;
  readonly lstmBackward: Kernel;
  readonly gruForward: Kernel;
  readonly gruBackward: Kernel;
  readonly gruResetAfterForward: Kernel;
  readonly gruResetAfterBackward: Kernel;
  readonly simpleForward: Kernel;
  readonly simpleBackward: Kernel;
  readonly dropout: Kernel;
  readonly multiply: Kernel;
  readonly addNoise: Kernel;
  readonly gather: Kernel;
  readonly batchNormMoments: Kernel;
  readonly batchNormApply: Kernel;
  readonly batchNormSums: Kernel;
  readonly batchNormBackward: Kernel;
  readonly adam: Kernel;
  readonly rmsprop: Kernel;
  readonly sgd: Kernel;
  readonly addScaled: Kernel;
  readonly scale: Kernel;
  readonly sumOfSquares: (floats: number, address: number) => number;
}

/** Below this address lie the kernels' own constants. */
export const FIRST_ADDRESS = 4096;

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}
