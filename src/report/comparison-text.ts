import { createColors } from 'picocolors';
import type { ComparedRun, Comparison } from '../backtest/comparison.ts';
import { COMMON_COLUMNS, COMPARISON_COLUMNS, samePeriod } from './comparison-table.ts';
import { counted, day } from './format.ts';
import type { TerminalOptions } from './terminal.ts';
import { type Colours, clip, grid, plain, wrap } from './text.ts';

const NARROWEST = 60;
const WIDEST = 120;
const LABEL = 24;
/** Between two columns. */
const GAP = 2;

/** A comparison on a terminal: verdict, figures in as many tables as the width asks for, warnings, the report's path. */
export function comparisonText({ runs, common, warnings, verdict }: Comparison, options: TerminalOptions): string {
  const width = Math.min(WIDEST, Math.max(NARROWEST, Math.floor(options.width)));
  const colours = createColors(options.colour);
  const lines = [
    colours.bold(clip(heading(runs), width)),
    ...wrap(plain(verdict), width),
    '',
    ...tables(runs, COMPARISON_COLUMNS, width, colours),
  ];
  if (common && !samePeriod(runs)) {
    const words = `From ${day(common.from)} to ${day(common.to)}, which all runs cover:`;
    lines.push('', ...wrap(words, width), ...tables(runs, COMMON_COLUMNS, width, colours));
  }
  if (warnings.length > 0) lines.push('', ...warnings.flatMap((warning) => wrap(`Warning: ${plain(warning)}`, width)).map(colours.yellow));
  // The path is wrapped by the terminal, never cut: it is there to be copied.
  if (options.htmlPath !== undefined) lines.push('', `Report: ${plain(options.htmlPath)}`);
  return lines.join('\n');
}

function heading(runs: readonly ComparedRun[]): string {
  const [first] = runs;
  return `${counted(runs.length, 'run')}${samePeriod(runs) ? `  ${day(first!.from)} to ${day(first!.to)}, ${counted(first!.bars, 'bar')}` : ''}`;
}

/** A row for each run; columns that find no room go on in another table below. */
function tables(runs: readonly ComparedRun[], columns: typeof COMPARISON_COLUMNS, width: number, colours: Colours): string[] {
  const labels = runs.map(({ label }) => shortened(plain(label)));
  const labelWidth = Math.max(...labels.map((label) => label.length));
  const blocks: (typeof COMPARISON_COLUMNS)[number][][] = [];
  let free = 0;
  for (const column of columns) {
    const [name, text] = column;
    const needed = GAP + Math.max(name.length, ...runs.map((run) => text(run).length));
    if (blocks.length === 0 || needed > free) {
      blocks.push([]);
      free = width - labelWidth;
    }
    blocks.at(-1)!.push(column);
    free -= needed;
  }
  return blocks.flatMap((block, at) => [
    ...(at === 0 ? [] : ['']),
    ...grid(
      ['', ...block.map(([name]) => name)],
      runs.map((run, k) => [labels[k]!, ...block.map(([, text]) => text(run))]),
      colours,
    ),
  ]);
}

/** A label that is cut keeps its end, which tells runs of one bot apart. */
function shortened(label: string): string {
  return label.length <= LABEL ? label : `${label.slice(0, LABEL - 11)}...${label.slice(-8)}`;
}
