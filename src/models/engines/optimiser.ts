import type { Optimiser } from '../network.ts';

/** Moves weights against their gradients; keeps its moments. Arrays are given in the same order at every step. */
export type Step = (weights: readonly Float32Array[], gradients: readonly Float32Array[], learningRate: number) => void;

/**
 * The update rules as Keras has them. Adam (Kingma and Ba 2015): w -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + epsilon), with
 * weightDecay added to the gradient (L2-coupled); adamw (Loshchilov and Hutter 2019) multiplies w by 1 - lr weightDecay first.
 * rmsprop: w -= lr g / sqrt(v + epsilon). sgd: velocity = momentum velocity - lr g.
 */
export function createStep(optimiser: Optimiser): Step {
  switch (optimiser.kind) {
    case 'adam':
    case 'adamw':
      return adam(optimiser);
    case 'rmsprop':
      return rmsprop(optimiser);
    case 'sgd':
      return sgd(optimiser);
  }
}

/** Scales all gradients by one factor so that their joint norm is at most `limit`; 0 leaves them alone. */
export function clipGlobalNorm(gradients: readonly Float32Array[], limit: number): void {
  if (limit === 0) return;
  let squares = 0;
  for (const gradient of gradients) for (const value of gradient) squares += value * value;
  const norm = Math.sqrt(squares);
  if (!(norm > limit)) return;
  for (const gradient of gradients) for (let k = 0; k < gradient.length; k++) gradient[k]! *= limit / norm;
}

function adam({ kind, beta1, beta2, epsilon, weightDecay }: Extract<Optimiser, { beta1: number }>): Step {
  const first = new Moments();
  const second = new Moments();
  const coupled = kind === 'adam' ? weightDecay : 0;
  // Powers as running products: Math.pow differs in the last bit between versions of Node.
  let power1 = 1;
  let power2 = 1;
  return (weights, gradients, learningRate) => {
    power1 *= beta1;
    power2 *= beta2;
    const shrink = kind === 'adamw' ? 1 - learningRate * weightDecay : 1;
    const rate = (learningRate * Math.sqrt(1 - power2)) / (1 - power1);
    weights.forEach((weight, k) => {
      const gradient = gradients[k]!;
      const m = first.of(k, weight.length);
      const v = second.of(k, weight.length);
      for (let j = 0; j < weight.length; j++) {
        const g = gradient[j]! + coupled * weight[j]!;
        m[j]! += (g - m[j]!) * (1 - beta1);
        v[j]! += (g * g - v[j]!) * (1 - beta2);
        weight[j] = weight[j]! * shrink - (rate * m[j]!) / (Math.sqrt(v[j]!) + epsilon);
      }
    });
  };
}

function rmsprop({ rho, epsilon }: Extract<Optimiser, { kind: 'rmsprop' }>): Step {
  const mean = new Moments();
  return (weights, gradients, learningRate) => {
    weights.forEach((weight, k) => {
      const gradient = gradients[k]!;
      const v = mean.of(k, weight.length);
      for (let j = 0; j < weight.length; j++) {
        const g = gradient[j]!;
        v[j] = rho * v[j]! + (1 - rho) * g * g;
        weight[j]! -= (learningRate * g) / Math.sqrt(v[j]! + epsilon);
      }
    });
  };
}

function sgd({ momentum }: Extract<Optimiser, { kind: 'sgd' }>): Step {
  const velocities = new Moments();
  return (weights, gradients, learningRate) => {
    weights.forEach((weight, k) => {
      const gradient = gradients[k]!;
      const velocity = velocities.of(k, weight.length);
      for (let j = 0; j < weight.length; j++) {
        velocity[j] = momentum * velocity[j]! - learningRate * gradient[j]!;
        weight[j]! += velocity[j]!;
      }
    });
  };
}

/** One array of zeros per weight, made when it is first asked for. */
class Moments {
  private readonly arrays: Float64Array[] = [];

  of(index: number, length: number): Float64Array {
    const known = this.arrays[index];
    if (known) return known;
    const fresh = new Float64Array(length);
    this.arrays[index] = fresh;
    return fresh;
  }
}
