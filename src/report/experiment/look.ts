import { drawn } from '../palette.ts';

export type Mark = 'circle' | 'triangle' | 'rect' | 'diamond';

/** How one thing is drawn everywhere. No two share both dashes and mark, so that they stay apart without colour too. */
export interface Look {
  readonly color: string;
  readonly dash: readonly number[];
  readonly width: number;
  readonly mark: Mark;
}

const MODELS: readonly Look[] = [
  { color: drawn('strategy'), dash: [], width: 2.4, mark: 'circle' },
  { color: drawn('loss'), dash: [9, 4], width: 2.4, mark: 'triangle' },
  { color: drawn('gain'), dash: [4, 3], width: 2.4, mark: 'rect' },
  { color: drawn('violet'), dash: [12, 4, 3, 4], width: 2.4, mark: 'diamond' },
  { color: drawn('sky'), dash: [18, 5], width: 2.4, mark: 'triangle' },
];

/** Of the network or ensemble at this place among those of its output. */
export function modelLook(at: number): Look {
  const look = MODELS[at % MODELS.length]!;
  // A second round of the same colours has other dashes and marks.
  const other = MODELS[(at + Math.floor(at / MODELS.length)) % MODELS.length]!;
  return { ...look, dash: other.dash, mark: other.mark };
}

/** What came: below everything, and thick enough to be seen there. */
export const ACTUAL: Look = { color: drawn('actual'), dash: [], width: 4.5, mark: 'circle' };
export const PERSISTENCE: Look = { color: drawn('ink'), dash: [2, 3], width: 1.8, mark: 'diamond' };
export const BEST_BASELINE: Look = { color: drawn('holding'), dash: [12, 3, 2, 3, 2, 3], width: 2.2, mark: 'rect' };
export const TRAINING: Look = { color: drawn('strategy'), dash: [7, 4], width: 2.2, mark: 'triangle' };
export const VALIDATION: Look = { color: drawn('loss'), dash: [], width: 2.8, mark: 'circle' };

/** Share of ink of a part's background; the rest is paper. */
export const SHADE = { train: 0, validation: 0.35, test: 0.8 } as const;
