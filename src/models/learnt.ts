import { refuse } from './expectation.ts';
import type { Fit } from './fit.ts';
import { type BaselineKind, isBaseline } from './model.ts';
import { checkWeights, sizeOf } from './parameters.ts';
import type { Weight } from './trainer.ts';

const constant = ['return'] as const;
const affine = ['kernel', 'bias'] as const;
const trees = ['sizes', 'column', 'value', 'right'] as const;

/** The weights of each baseline, in order. */
const NAMES: Readonly<Record<BaselineKind, readonly string[]>> = {
  persistence: constant,
  drift: constant,
  mean: constant,
  majority: constant,
  linear: affine,
  'least-squares': affine,
  forest: trees,
  boosting: [...trees, 'initial'],
  'support-vector': ['supportVectors', 'coefficients', 'rho', 'gamma'],
};

/**
 * Whether the weights of a fit are those that its network or baseline reads: names, shapes, finite numbers, and trees that end. Throws a
 * TypeError that names the weight.
 */
export function checkLearnt({ model, network, weights }: Fit): void {
  for (const { name, values } of weights) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) refuse('a finite number', values[at], `number ${at} of weight ${name}`);
  }
  if (!isBaseline(model.kind)) {
    checkWeights(network, weights);
    return;
  }
  const names = NAMES[model.kind];
  if (weights.map(({ name }) => name).join() !== names.join()) {
    throw new TypeError(`Expected the weights ${names.join(', ')}, received ${weights.map(({ name }) => name).join(', ') || 'none'}`);
  }
  const window = network.lookback * network.inputs;
  for (const weight of weights) checkShape(weight, shapeOf(weight.name, weights, window));
  if (names.includes('sizes')) checkTrees(weights, window);
}

/** The shape that a baseline's weight must have, as far as the others say it. */
function shapeOf(name: string, weights: readonly Weight[], window: number): readonly number[] {
  const length = (of: string) => weights.find((weight) => weight.name === of)!.values.length;
  switch (name) {
    case 'kernel':
      return [window];
    case 'supportVectors':
      return [length('coefficients'), window];
    case 'coefficients':
    case 'sizes':
      return [length(name)];
    case 'column':
    case 'value':
    case 'right':
      return [length('column')];
    default:
      return [1];
  }
}

function checkShape({ name, shape, values }: Weight, expected: readonly number[]): void {
  if (shape.join() === expected.join() && values.length === sizeOf(expected)) return;
  throw new TypeError(
    `Expected weight ${name} of shape [${expected.join(', ')}], received [${shape.join(', ')}] with ${values.length} values`,
  );
}

/** Every step from a split must lead further on inside its own tree: such walks end at a leaf. */
function checkTrees(weights: readonly Weight[], window: number): void {
  const [sizes, column, , right] = weights.map(({ values }) => values) as [Float32Array, Float32Array, Float32Array, Float32Array];
  let from = 0;
  for (const size of sizes) {
    const to = from + size;
    if (!(Number.isInteger(size) && size > 0 && to <= column.length)) refuse('whole trees', size, 'weight sizes');
    for (let node = from; node < to; node++) {
      const split = column[node]!;
      if (split === -1) continue;
      if (!(Number.isInteger(split) && split >= 0 && split < window))
        refuse(`a column below ${window}, or -1`, split, `number ${node} of weight column`);
      const step = right[node]!;
      if (!(Number.isInteger(step) && step > 1 && node + step < to))
        refuse('a node further on in the tree', step, `number ${node} of weight right`);
    }
    from = to;
  }
  if (from !== column.length) refuse(`trees of ${column.length} nodes`, from, 'weight sizes');
}
