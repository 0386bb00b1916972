import { type BandedScore, bandedScore, type Scores } from '../../lab/result.ts';
import { axisPercent, coefficient, count, percent, price, quantity, ratio, share } from '../format.ts';

/** A score as tables and bars show it. */
export interface Measure {
  readonly name: BandedScore;
  readonly heading: string;
  /** In the unit of the output, which a heading has to name. */
  readonly inUnits: boolean;
  readonly of: (scores: Scores) => number | null;
  readonly print: (value: number | null) => string;
  readonly axis: (value: number) => string;
  /** Which of two values is the better one; null where neither is. */
  readonly better: 'higher' | 'lower' | null;
}

const MEASURES: Readonly<Record<BandedScore, Omit<Measure, 'of'>>> = {
  r2: {
    name: 'r2',
    heading: 'R2 of levels',
    inUnits: false,
    print: shortCoefficient,
    axis: quantity,
    better: 'higher',
  },
  rmse: { name: 'rmse', heading: 'RMSE', inUnits: true, print: shortPrice, axis: quantity, better: 'lower' },
  mae: { name: 'mae', heading: 'MAE', inUnits: true, print: shortPrice, axis: quantity, better: 'lower' },
  mape: { name: 'mape', heading: 'MAPE', inUnits: false, print: share, axis: axisPercent, better: 'lower' },
  bias: { name: 'bias', heading: 'Bias', inUnits: true, print: shortPrice, axis: quantity, better: null },
  directionAccuracy: {
    name: 'directionAccuracy',
    heading: 'Direction right',
    inUnits: false,
    print: share,
    axis: axisPercent,
    better: 'higher',
  },
  skillVsPersistence: {
    name: 'skillVsPersistence',
    heading: 'Skill',
    inUnits: false,
    print: percent,
    axis: axisPercent,
    better: 'higher',
  },
};

/** In print beside a bar there is no room for decimals that say nothing. */
function shortCoefficient(value: number | null): string {
  return value !== null && Math.abs(value) >= 10 ? ratio(value) : coefficient(value);
}

function shortPrice(value: number | null): string {
  return value === null || Math.abs(value) < 10_000 ? price(value) : count(value);
}

export function measure(name: BandedScore): Measure {
  return { ...MEASURES[name], of: (scores) => bandedScore(scores, name) };
}
