import type { Network } from '../../network.ts';
import { parametersOf, sizeOf } from '../../parameters.ts';
import type { Weight } from '../../trainer.ts';
import type { Block } from './layer.ts';
import type { Layout } from './layout.ts';

/** Copies an array in Keras' layout to or from its blocks, which lie at `address` (bytes) among `floats`. */
function copy(blocks: readonly Block[], values: Float32Array, floats: Float32Array, address: number, into: boolean): void {
  let next = 0;
  for (const { offset, rows, stride, units, paddedUnits, places } of blocks) {
    for (let row = 0; row < rows; row++) {
      for (const place of places) {
        const from = (address + offset) / 4 + row * stride + place * paddedUnits;
        if (into) floats.set(values.subarray(next, next + units), from);
        else values.set(floats.subarray(from, from + units), next);
        next += units;
      }
    }
  }
}

/** Where an array of Keras' lies: in blocks of the weights, or as a row of the moving statistics. */
type Place = { readonly kind: 'blocks'; readonly blocks: readonly Block[] } | { readonly kind: 'moving'; readonly offset: number };

/** The places of all arrays of a network, in the order of its parameters. */
function placesOf(layout: Layout): Place[] {
  return layout.layers.flatMap(({ blocks, moving }): Place[] => [
    ...blocks.map((list) => ({ kind: 'blocks' as const, blocks: list })),
    ...(moving ? [moving.mean, moving.variance].map((offset) => ({ kind: 'moving' as const, offset })) : []),
  ]);
}

/** Writes weights to memory. */
export function writeWeights(layout: Layout, given: readonly Float32Array[], floats: Float32Array, weights: number, moving: number): void {
  placesOf(layout).forEach((place, k) => {
    const values = given[k]!;
    if (place.kind === 'blocks') copy(place.blocks, values, floats, weights, true);
    else floats.set(values, (moving + place.offset) / 4);
  });
}

/** The weights as they stand in memory. */
export function readWeights(network: Network, layout: Layout, floats: Float32Array, weights: number, moving: number): Weight[] {
  const places = placesOf(layout);
  return parametersOf(network)
    .flat()
    .map(({ name, shape }, k) => {
      const values = new Float32Array(sizeOf(shape));
      const place = places[k]!;
      if (place.kind === 'blocks') copy(place.blocks, values, floats, weights, false);
      else values.set(floats.subarray((moving + place.offset) / 4, (moving + place.offset) / 4 + values.length));
      return { name, shape, values };
    });
}
