import { createColors } from 'picocolors';
import { computed, type SearchCell, type SearchResult } from '../backtest/search.ts';
import { csv } from './csv.ts';
import { count, counted, day, money, percent, ratio } from './format.ts';
import { type Colours, clip, grid, plain, wrap } from './text.ts';

/** How a person sees the cells: those with the highest Sharpe ratio, or all of them as a table of two axes. */
export type SearchView = { readonly kind: 'ranking'; readonly rows: number } | { readonly kind: 'matrix' };

export interface SearchWords {
  readonly colour: boolean;
  readonly width: number;
  readonly csvPath: string;
}

const NARROWEST = 60;
const WIDEST = 140;

/** A sweep on a terminal: what the cells are worth as evidence, the table, and where all of them are. */
export function searchText(result: SearchResult, view: SearchView, { colour, width: asked, csvPath }: SearchWords): string {
  const width = Math.min(WIDEST, Math.max(NARROWEST, Math.floor(asked)));
  const colours = createColors(colour);
  const { evaluation, buyAndHold, cells, seconds } = result;
  const heading = `${plain(result.name)}  exploratory: ${counted(cells.length, 'cell')}, ${day(evaluation.from)} to ${day(evaluation.to)}, ${counted(evaluation.bars, 'bar')}`;
  const rows = view.kind === 'matrix' ? matrix(result, width, colours) : ranking(result, view.rows, colours);
  return [
    colours.bold(clip(heading, width)),
    ...wrap(evidence(result), width),
    '',
    ...rows,
    '',
    `Buy & hold ${percent(buyAndHold.totalReturn)}, Sharpe ratio ${ratio(buyAndHold.sharpe)}, worst drawdown ${percent(buyAndHold.maxDrawdown)}, at the costs of the bot file`,
    colours.dim(
      `Forecasts ${seconds.forecasts.toFixed(1)} s, cells ${seconds.cells.toFixed(1)} s; ${count(result.trials)} trials in this workspace so far`,
    ),
    // The path is wrapped by the terminal, never cut: it is there to be copied.
    `All cells: ${plain(csvPath)}`,
  ].join('\n');
}

/** What many cells on the same bars can and cannot say. */
function evidence({ cells, expectedBestSharpe, buyAndHold }: SearchResult): string {
  const known = computed(cells);
  const refused = cells.length - known.length;
  const best = Math.max(...known.map(({ sharpe }) => sharpe ?? -Infinity));
  const better = known.filter(({ totalReturn }) => totalReturn > buyAndHold.totalReturn).length;
  const sentences = [
    `All cells were tried on the same bars, so the best of them looks better than it will be. ${count(better)} of ${count(known.length)} returned more than buy & hold.`,
  ];
  if (expectedBestSharpe !== null && Number.isFinite(best)) {
    sentences.push(
      `The highest Sharpe ratio is ${ratio(best)}; among as many cells without any skill luck alone would bring one of about ${ratio(expectedBestSharpe)}.`,
    );
  }
  if (refused > 0) sentences.push(`${counted(refused, 'cell')} left out, whose values contradict each other.`);
  return sentences.join(' ');
}

function ranking({ axes, cells }: SearchResult, rows: number, colours: Colours): string[] {
  const sorted = [...computed(cells)].sort((a, b) => (b.sharpe ?? -Infinity) - (a.sharpe ?? -Infinity)).slice(0, rows);
  const header = [...axes.map(({ path }) => path), 'return', 'Sharpe', 'max drawdown', 'round trips', 'fees'];
  return grid(
    header,
    sorted.map(({ values, totalReturn, sharpe, maxDrawdown, roundTrips, fees }) => [
      ...values.map(valueText),
      percent(totalReturn),
      ratio(sharpe),
      percent(maxDrawdown),
      count(roundTrips),
      money(fees),
    ]),
    colours,
  );
}

/** The total return of every cell: the first axis down, the second across; as many columns as there is room for. */
function matrix({ axes, cells }: SearchResult, width: number, colours: Colours): string[] {
  const [down, across] = axes;
  const at = (row: number, column: number) => cells[row * across!.values.length + column]!;
  const columns = across!.values.map((value, column) => {
    const texts = down!.values.map((_, row) => cellText(at(row, column)));
    return { column, room: Math.max(valueText(value).length, ...texts.map((text) => text.length)) + 2 };
  });
  const label = Math.max(down!.path.length, ...down!.values.map((value) => valueText(value).length)) + 2;
  const shown: number[] = [];
  let free = width - label;
  for (const { column, room } of columns) {
    if (room > free) break;
    shown.push(column);
    free -= room;
  }
  const more = columns.length - shown.length;
  return [
    `Total return, ${down!.path} down, ${across!.path} across${more > 0 ? `; ${counted(more, 'column')} more in the file` : ''}`,
    ...grid(
      [down!.path, ...shown.map((column) => valueText(across!.values[column]))],
      down!.values.map((value, row) => [valueText(value), ...shown.map((column) => cellText(at(row, column)))]),
      colours,
    ),
  ];
}

function cellText(cell: SearchCell): string {
  return 'refused' in cell ? '-' : percent(cell.totalReturn);
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? plain(value) : JSON.stringify(value);
}

/** All cells: the values of their axes, figures as fractions and quote, or why a cell was left out. */
export function searchCsv({ axes, cells }: SearchResult): string {
  const header = [...axes.map(({ path }) => path), 'totalReturn', 'sharpe', 'maxDrawdown', 'roundTrips', 'fees', 'endEquity', 'refused'];
  return csv(
    header,
    cells.map((cell) => {
      const values = cell.values.map((value) => (typeof value === 'number' ? value : valueText(value)));
      if ('refused' in cell) return [...values, null, null, null, null, null, null, cell.refused];
      const { totalReturn, sharpe, maxDrawdown, roundTrips, fees, endEquity } = cell;
      return [...values, totalReturn, sharpe, maxDrawdown, roundTrips, fees, endEquity, null];
    }),
  );
}
