import { Restraint } from '../core/restraint.ts';
import { type Availability, slotName } from '../walk/plan.ts';
import type { FitPlace, HandAction, Observation } from './observation.ts';

/** What observations mean to the walk: which closes are restrained, and which fits were not there on schedule. */
export interface Circumstances {
  note(observation: Observation): void;
  /** The code of `Restraint` for the slice that closes at a time, ms UTC, as far as it has been noted. */
  restraintAt(closeTime: number): number;
  /** Of a model: 0 is the bot's own, then the members of its ensemble. */
  available(model: number): Availability;
  /** Whether a fit is known to be missing so far. */
  isMissing(place: FitPlace): boolean;
  /** What a person wants at present. */
  hand(): HandAction;
}

/** `missed` says what becomes of closes that were decided too late: `skip` enters nothing, `replay` trades them all. */
export function createCircumstances(missed: 'skip' | 'replay'): Circumstances {
  const late = new Set<number>();
  const hands: { readonly slice: number; readonly action: HandAction }[] = [];
  const available: Map<string, number>[] = [];
  const of = (model: number) => {
    available[model] ??= new Map();
    return available[model];
  };
  return {
    note(observation) {
      switch (observation.kind) {
        case 'late':
          if (missed === 'skip') late.add(observation.slice);
          break;
        case 'hand':
          hands.push(observation);
          break;
        case 'fitMissing':
          of(observation.model).set(slotName(observation.market, observation.slot), Number.POSITIVE_INFINITY);
          break;
        case 'fit': {
          const fits = of(observation.model);
          const name = slotName(observation.market, observation.slot);
          if (fits.get(name) === Number.POSITIVE_INFINITY) fits.set(name, observation.slice);
          break;
        }
      }
    },
    restraintAt(closeTime) {
      const hand = hands.findLast(({ slice }) => slice <= closeTime)?.action ?? 'resume';
      if (hand === 'flatten') return Restraint.flattened;
      if (hand === 'pause') return Restraint.paused;
      return late.has(closeTime) ? Restraint.missed : Restraint.none;
    },
    available: of,
    isMissing: ({ model, market, slot }) => of(model).get(slotName(market, slot)) === Number.POSITIVE_INFINITY,
    hand: () => hands.at(-1)?.action ?? 'resume',
  };
}
