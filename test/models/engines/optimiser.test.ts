import { describe, expect, it } from 'vitest';
import { clipGlobalNorm, createStep } from '../../../src/models/engines/optimiser.ts';
import type { Optimiser } from '../../../src/models/network.ts';

// The rules themselves are held against Keras in test/contracts/keras.ts.
const ADAM = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 } as const;
const OPTIMISERS: readonly (readonly [string, Optimiser])[] = [
  ['adam', { kind: 'adam', ...ADAM, weightDecay: 0.1 }],
  ['adamw', { kind: 'adamw', ...ADAM, weightDecay: 0.1 }],
  ['rmsprop', { kind: 'rmsprop', learningRate: 0.1, rho: 0.9, epsilon: 1e-7 }],
  ['sgd', { kind: 'sgd', learningRate: 0.1, momentum: 0.9 }],
];

describe.each(OPTIMISERS)('a step of %s', (_, optimiser) => {
  it('keeps the moments of each array apart', () => {
    const [first, second] = [Float32Array.of(1, 2), Float32Array.of(-1, 0.5, 3)];
    const [both, one, other] = [createStep(optimiser), createStep(optimiser), createStep(optimiser)];
    const [alone, apart] = [first.slice(), second.slice()];
    for (let k = 1; k <= 3; k++) {
      const gradients = [Float32Array.of(0.3 * k, -0.1), Float32Array.of(-0.2, 0.4, 0.1 * k)] as const;
      both([first, second], gradients, 0.1);
      one([alone], [gradients[0]], 0.1);
      other([apart], [gradients[1]], 0.1);
    }
    expect(first).toEqual(alone);
    expect(second).toEqual(apart);
  });

  it('moves by the learning rate it is given, whatever that of its options: 0 stands still', () => {
    const step = createStep(optimiser);
    const weights = Float32Array.of(1, -2);
    step([weights], [Float32Array.of(0.5, 0.25)], 0);
    expect(weights).toEqual(Float32Array.of(1, -2));
    const [fast, slow] = [createStep(optimiser), createStep(optimiser)];
    const [far, near] = [Float32Array.of(1), Float32Array.of(1)];
    fast([far], [Float32Array.of(0.5)], 0.2);
    slow([near], [Float32Array.of(0.5)], 0.1);
    // The first step of every rule is proportional to the rate.
    expect((1 - far[0]!) / (1 - near[0]!)).toBeCloseTo(2, 4);
  });

  it('leaves the gradients alone', () => {
    const gradient = Float32Array.of(0.5, 0.25);
    createStep(optimiser)([Float32Array.of(1, -2)], [gradient], 0.1);
    expect(gradient).toEqual(Float32Array.of(0.5, 0.25));
  });
});

it('a velocity gathered at one learning rate goes on at the next: 0.9 x -0.5 - 0.1 x 1 (Keras: momentum x velocity - lr x g)', () => {
  const step = createStep({ kind: 'sgd', learningRate: 0.5, momentum: 0.9 });
  const weights = Float32Array.of(0);
  step([weights], [Float32Array.of(1)], 0.5);
  step([weights], [Float32Array.of(1)], 0.1);
  expect(weights[0]).toBeCloseTo(-0.5 - 0.55, 6);
});

describe('clipping by the global norm', () => {
  it('scales all arrays by one factor: (3, 0), (4) has norm 5', () => {
    const gradients = [Float32Array.of(3, 0), Float32Array.of(4)];
    clipGlobalNorm(gradients, 2.5);
    expect(gradients).toEqual([Float32Array.of(1.5, 0), Float32Array.of(2)]);
  });

  it.each([5, 5.2, 0])('leaves a norm of 5 as it is at the limit %d', (limit) => {
    const gradients = [Float32Array.of(3, 0), Float32Array.of(4)];
    clipGlobalNorm(gradients, limit);
    expect(gradients).toEqual([Float32Array.of(3, 0), Float32Array.of(4)]);
  });

  it('hides no NaN', () => {
    const gradients = [Float32Array.of(Number.NaN, 0), Float32Array.of(4)];
    clipGlobalNorm(gradients, 1);
    expect(gradients[0]![0]).toBeNaN();
  });
});
