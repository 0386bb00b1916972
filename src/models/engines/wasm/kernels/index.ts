// The kernels of the training engine: AssemblyScript with 128-bit SIMD, compiled by `npm run kernels`.
//
// All pointers are byte addresses, all `ld` row strides in bytes, multiples of 32, counts are i32, values float32. "rows" are the rows of
// a batch (or a shard of one), "steps" the steps in time; row b of step t is row t * rows + b. `zero` is a row of zeros. Packed operands
// are laid out as pack.ts says. Results never depend on the width of the registers that the processor runs this in.
export { reluBackward, reluRows, sigmoidBackward, sigmoidRows, tanhBackward, tanhRows } from './activation';
export { batchNormApply, batchNormBackward, batchNormMoments, batchNormSums } from './batch-norm';
export { dropout, multiply } from './dropout';
export { gather } from './gather';
export { gruBackward, gruForward } from './gru';
export { gruResetAfterBackward, gruResetAfterForward } from './gru-reset-after';
export { lstmBackward, lstmForward } from './lstm';
export { addNoise } from './noise';
export { adam, rmsprop, sgd } from './optimiser';
export { packColumns, packTransposed } from './pack';
export { columnSums, product, transposedProduct } from './product';
export { simpleBackward, simpleForward } from './simple';
export { addScaled, scale, sumOfSquares } from './vector';
