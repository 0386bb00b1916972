import { createColors } from 'picocolors';
import type { Band } from '../statistics/band.ts';
import { basisPoints, counted } from './format.ts';
import { grid } from './text.ts';

export interface SlippageView {
  readonly name: string;
  /** Where the sample lies. */
  readonly file: string;
  readonly count: number;
  readonly measured: Band;
  /** Of the same fills. */
  readonly simulated: Band;
}

/** The distribution of what was measured beside what the simulation took, and how to use it. */
export function slippageText({ name, file, count, measured, simulated }: SlippageView): string {
  const row = (label: string, { mean, minimum, p10, median, p90, maximum }: Band) => [
    label,
    ...[mean, minimum, p10, median, p90, maximum].map(basisPoints),
  ];
  return [
    `${name}: slippage of ${counted(count, 'fill')}, positive where it cost`,
    ...grid(
      ['', 'mean', 'min', 'p10', 'median', 'p90', 'max'],
      [row('measured', measured), row('simulated', simulated)],
      createColors(false),
    ),
    `Wrote ${file}; costs: { slippage: { measured: ${file} } } uses it.`,
  ].join('\n');
}
