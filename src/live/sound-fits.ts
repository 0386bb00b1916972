import { BundleError, type FitStore } from '../models/bundle.ts';

/** Fits of which damaged ones are told, in words, and count as not there: they are made again. */
export function soundFits(fits: FitStore, onProblem: (words: string) => void): FitStore {
  return {
    put: fits.put,
    get(key) {
      try {
        return fits.get(key);
      } catch (error) {
        if (!(error instanceof BundleError)) throw error;
        onProblem(`${error.message}; it is trained again`);
        return undefined;
      }
    },
  };
}
