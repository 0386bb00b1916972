// One step of an optimiser over n floats (a multiple of 8) of weights w and gradients g; what depends on the step's number comes in.
import { multiplyAdd } from './exponential';

/**
 * Adam (Kingma and Ba 2015), with its bias corrections folded into rate and epsilon by the caller.
 * g' = g + coupledDecay w;  m += (g' - m) (1 - beta1);  v += (g'^2 - v) (1 - beta2);  w = w * shrink - rate m / (sqrt v + epsilon)
 */
export function adam(
  n: i32, w: usize, g: usize, m: usize, v: usize, oneMinusBeta1: f32, oneMinusBeta2: f32, rate: f32, epsilon: f32, coupledDecay: f32,
  shrink: f32,
): void {
  const rest1 = f32x4.splat(oneMinusBeta1), rest2 = f32x4.splat(oneMinusBeta2), rates = f32x4.splat(rate), small = f32x4.splat(epsilon);
  const decay = f32x4.splat(coupledDecay), shrinks = f32x4.splat(shrink), bytes = <usize>n << 2;
  for (let at: usize = 0; at < bytes; at += 32) {
    const w0 = v128.load(w + at), w1 = v128.load(w + at, 16), m0 = v128.load(m + at), m1 = v128.load(m + at, 16);
    const v0 = v128.load(v + at), v1 = v128.load(v + at, 16);
    const g0 = multiplyAdd(decay, w0, v128.load(g + at)), g1 = multiplyAdd(decay, w1, v128.load(g + at, 16));
    const newM0 = multiplyAdd(f32x4.sub(g0, m0), rest1, m0), newM1 = multiplyAdd(f32x4.sub(g1, m1), rest1, m1);
    const newV0 = multiplyAdd(f32x4.sub(f32x4.mul(g0, g0), v0), rest2, v0);
    const newV1 = multiplyAdd(f32x4.sub(f32x4.mul(g1, g1), v1), rest2, v1);
    const step0 = f32x4.div(f32x4.mul(rates, newM0), f32x4.add(f32x4.sqrt(newV0), small));
    const step1 = f32x4.div(f32x4.mul(rates, newM1), f32x4.add(f32x4.sqrt(newV1), small));
    const newW0 = f32x4.sub(f32x4.mul(w0, shrinks), step0), newW1 = f32x4.sub(f32x4.mul(w1, shrinks), step1);
    v128.store(m + at, newM0);
    v128.store(m + at, newM1, 16);
    v128.store(v + at, newV0);
    v128.store(v + at, newV1, 16);
    v128.store(w + at, newW0);
    v128.store(w + at, newW1, 16);
  }
}

/** RMSprop (Tieleman and Hinton 2012), as Keras has it: v = rho v + (1 - rho) g^2;  w -= rate g / sqrt(v + epsilon). */
export function rmsprop(n: i32, w: usize, g: usize, v: usize, rho: f32, oneMinusRho: f32, rate: f32, epsilon: f32): void {
  const keep = f32x4.splat(rho), rest = f32x4.splat(oneMinusRho), rates = f32x4.splat(rate), small = f32x4.splat(epsilon);
  const bytes = <usize>n << 2;
  for (let at: usize = 0; at < bytes; at += 32) {
    const g0 = v128.load(g + at), g1 = v128.load(g + at, 16);
    const v0 = multiplyAdd(keep, v128.load(v + at), f32x4.mul(rest, f32x4.mul(g0, g0)));
    const v1 = multiplyAdd(keep, v128.load(v + at, 16), f32x4.mul(rest, f32x4.mul(g1, g1)));
    const w0 = f32x4.sub(v128.load(w + at), f32x4.div(f32x4.mul(rates, g0), f32x4.sqrt(f32x4.add(v0, small))));
    const w1 = f32x4.sub(v128.load(w + at, 16), f32x4.div(f32x4.mul(rates, g1), f32x4.sqrt(f32x4.add(v1, small))));
    v128.store(v + at, v0);
    v128.store(v + at, v1, 16);
    v128.store(w + at, w0);
    v128.store(w + at, w1, 16);
  }
}

/** Gradient descent with momentum (Polyak 1964): velocity = momentum * velocity - rate g;  w += velocity. */
export function sgd(n: i32, w: usize, g: usize, velocity: usize, momentum: f32, rate: f32): void {
  const keep = f32x4.splat(momentum), rates = f32x4.splat(rate), bytes = <usize>n << 2;
  for (let at: usize = 0; at < bytes; at += 32) {
    const v0 = f32x4.sub(f32x4.mul(keep, v128.load(velocity + at)), f32x4.mul(rates, v128.load(g + at)));
    const v1 = f32x4.sub(f32x4.mul(keep, v128.load(velocity + at, 16)), f32x4.mul(rates, v128.load(g + at, 16)));
    const w0 = f32x4.add(v128.load(w + at), v0), w1 = f32x4.add(v128.load(w + at, 16), v1);
    v128.store(velocity + at, v0);
    v128.store(velocity + at, v1, 16);
    v128.store(w + at, w0);
    v128.store(w + at, w1, 16);
  }
}
