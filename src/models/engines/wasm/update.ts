import type { Optimiser } from '../../network.ts';
import type { Thread } from './layer.ts';
import type { MemoryMap } from './memory-map.ts';

/** Numbers of one step that every thread needs; worked out once, by the owner of the training. */
export interface Rates {
  /** What a gradient is multiplied by. */
  readonly rate: number;
  /** What a weight is multiplied by before it moves. */
  readonly shrink: number;
}

/** The rates step by step, as Keras has them; see `createUpdate`. */
export function createRates(optimiser: Optimiser): (learningRate: number) => Rates {
  if (optimiser.kind !== 'adam' && optimiser.kind !== 'adamw') return (rate) => ({ rate, shrink: 1 });
  const { kind, beta1, beta2, weightDecay } = optimiser;
  // Powers as running products: Math.pow differs in the last bit between versions of Node.
  let power1 = 1;
  let power2 = 1;
  return (learningRate) => {
    power1 *= beta1;
    power2 *= beta2;
    return {
      rate: (learningRate * Math.sqrt(1 - power2)) / (1 - power1),
      shrink: kind === 'adamw' ? 1 - learningRate * weightDecay : 1,
    };
  };
}

/** A stretch of the weights, in bytes from their start. */
interface Part {
  readonly from: number;
  readonly floats: number;
}

/** Work on a part of the weights. The parts are fixed, so that who does them changes nothing. */
export interface Update {
  /** Adds the gradients of all shards up in those of the first, and gives their sum of squares where they are to be clipped. */
  join(thread: Thread, part: number): number;
  /** Clips by the norm of all gradients, and moves the weights. */
  move(thread: Thread, part: number, squares: number, rates: Rates): void;
}

/**
 * The update rules as Keras has them. Adam (Kingma and Ba 2015): w -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + epsilon), with
 * weightDecay added to the gradient (L2-coupled); adamw (Loshchilov and Hutter 2019) multiplies w by 1 - lr weightDecay first.
 * rmsprop: w -= lr g / sqrt(v + epsilon). sgd: velocity = momentum velocity - lr g.
 */
export function createUpdate(optimiser: Optimiser, clipNorm: number, { layout, weights, gradients, moments }: MemoryMap): Update {
  const parts = partsOf(layout.weights, gradients.length);
  const [first, second] = moments;
  return {
    join({ kernels }, index) {
      const { from, floats } = parts[index]!;
      const target = gradients[0]! + from;
      for (const other of gradients.slice(1)) kernels.addScaled(floats, 1, other + from, target);
      return clipNorm > 0 ? kernels.sumOfSquares(floats, target) : 0;
    },
    move({ kernels }, index, squares, { rate, shrink }) {
      const { from, floats } = parts[index]!;
      const [w, g, m, v] = [weights + from, gradients[0]! + from, first + from, second + from];
      const norm = Math.sqrt(squares);
      if (clipNorm > 0 && norm > clipNorm) kernels.scale(floats, clipNorm / norm, g);
      switch (optimiser.kind) {
        case 'adam':
        case 'adamw': {
          const { kind, beta1, beta2, epsilon, weightDecay } = optimiser;
          kernels.adam(floats, w, g, m, v, 1 - beta1, 1 - beta2, rate, epsilon, kind === 'adam' ? weightDecay : 0, shrink);
          break;
        }
        case 'rmsprop':
          kernels.rmsprop(floats, w, g, v, optimiser.rho, 1 - optimiser.rho, rate, optimiser.epsilon);
          break;
        case 'sgd':
          kernels.sgd(floats, w, g, m, optimiser.momentum, rate);
          break;
      }
    },
  };
}

/** As many parts as there are shards, each a multiple of a cache line. */
function partsOf(bytes: number, count: number): Part[] {
  const lines = bytes / 64;
  return Array.from({ length: count }, (_, k) => {
    const from = Math.floor((lines * k) / count) * 64;
    return { from, floats: (Math.floor((lines * (k + 1)) / count) * 64 - from) / 4 };
  });
}
