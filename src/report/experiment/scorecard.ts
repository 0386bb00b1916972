import type { Drawing } from '../chart.ts';
import { count, day, pValue } from '../format.ts';
import { drawn } from '../palette.ts';
import { shortened, textWidth, wrapped } from '../typeface.ts';
import { keysOf, levelPanel, linesOf, recentRows } from './level-sheets.ts';
import { known, networksWithLosses, validationPanel } from './loss-sheets.ts';
import { measure } from './measure.ts';
import { nameWidth, scorePanel } from './score-sheet.ts';
import { BODY_WIDTH, drawKeys, drawPanels, MARGIN, PANEL_TITLE, type Placed, SHEET_WIDTH, standAlone, textAt } from './sheet.ts';
import { byError, errorUnit, isLearned, type OutputView, partName, subject, type ViewedModel } from './view.ts';
import { bestSentence, echoSentence } from './words.ts';

/** The proportions of a sheet of A4. */
const PAGE_HEIGHT = Math.round(SHEET_WIDTH * Math.SQRT2);
const ROW = 27;
/** Models in the table at most; the report has all. */
const ROWS = 16;
/** Of the table beyond its rows. */
const TABLE_HEIGHT = 98;
/** A panel is at least this high. */
const LEAST_PANEL = 200;
const SIZE = 17;
const LINE = 24;
/** Lines of the verdict at most. */
const VERDICT_LINES = 6;
const GAP = 26;
const MODEL_WIDTH = 212;

interface Column {
  readonly heading: readonly [string, string];
  readonly text: (model: ViewedModel) => string;
  /** Whether this model's is the best value of the column. */
  readonly best: (model: ViewedModel, all: readonly ViewedModel[]) => boolean;
}

/** One portrait page: what was tried, the main scores of every model, the verdict, and the figures that matter most. Null where nothing was scored. */
export function scorecard(drawing: Drawing, view: OutputView, id: string): string | null {
  const scored = view.models.filter(({ scores }) => scores !== null);
  if (scored.length === 0) return null;
  const parts: string[] = [];
  let y = MARGIN + 24;
  const title = shortened(`${view.market}: ${view.output}`, BODY_WIDTH, 30, true);
  parts.push(textAt(MARGIN, y, title, { size: 30, bold: true }));
  y += 30;
  for (const line of headLines(view)) {
    parts.push(textAt(MARGIN, y, line, { size: SIZE, color: drawn('faint') }));
    y += LINE;
  }
  // The table gets what verdict and panels leave: fewer rows rather than panels too low to read.
  const needed = verdictBox(view, 0).end + panelsOf(view, scored, 0).least + TABLE_HEIGHT + 40;
  const table = scoreTable(view, scored, Math.min(ROWS, Math.floor((PAGE_HEIGHT - y - needed) / ROW)), y + 4);
  parts.push(table.svg);
  const verdict = verdictBox(view, table.end + 12);
  parts.push(verdict.svg);
  const panels = panelsOf(view, scored, verdict.end + 24);
  parts.push(panels.keys, drawPanels(drawing, panels.placed, 0, id));
  return standAlone(parts.join(''), PAGE_HEIGHT, `Scorecard: ${subject(view)}`);
}

function headLines(view: OutputView): readonly string[] {
  const { report } = view.experiment;
  const split = view.split;
  const own = split?.[view.scored];
  const span = (part: typeof own) =>
    part === undefined || part.from === null || part.to === null ? '' : ` ${day(part.from)} to ${day(part.to)}`;
  const windows = (part: typeof own) => (part === undefined ? '' : `, ${count(part.windows)} windows`);
  return [
    `Scorecard of ${report.name}: ${count(report.horizon)} bar${report.horizon === 1 ? '' : 's'} ahead, scored on the ${partName(view.scored)}${span(own)}${windows(own)}`,
    ...(split === null
      ? []
      : [
          `Training part${span(split.train)}${windows(split.train)}${view.models.some(({ score }) => score.runs.length > 1) ? '; networks show the seed whose R2 is the median' : ''}`,
        ]),
  ].flatMap((line) => wrapped(line, BODY_WIDTH, SIZE));
}

const SEEDS: Column = {
  heading: ['', 'Seeds'],
  text: ({ score }) => (score.role === 'network' ? count(score.runs.length) : ''),
  best: () => false,
};

function columnsOf(view: OutputView): readonly Column[] {
  const scoreColumn = (name: Parameters<typeof measure>[0], heading: readonly [string, string]): Column => {
    const { of, print, better } = measure(name);
    const value = ({ scores }: ViewedModel) => (scores === null ? null : of(scores));
    return {
      heading,
      text: (model) => print(value(model)),
      best: (model, all) => {
        const own = value(model);
        const others = all.map(value).filter((one): one is number => one !== null);
        return own !== null && better !== null && own === (better === 'higher' ? Math.max(...others) : Math.min(...others));
      },
    };
  };
  const never = () => false;
  const unit: string = errorUnit(view) === 'price units' ? '(price)' : '(level)';
  return [
    ...(view.models.some(({ score }) => score.role === 'network') ? [SEEDS] : []),
    scoreColumn('r2', ['R2 of', 'levels']),
    scoreColumn('rmse', ['RMSE', unit]),
    scoreColumn('mae', ['MAE', unit]),
    scoreColumn('mape', ['', 'MAPE']),
    scoreColumn('directionAccuracy', ['Direction', 'right']),
    scoreColumn('skillVsPersistence', ['Skill vs', 'persist.']),
    { heading: ['Diebold-', 'Mariano p'], text: ({ scores }) => pValue(scores?.dieboldMariano.pValue), best: never },
  ];
}

function scoreTable(
  view: OutputView,
  models: readonly ViewedModel[],
  most: number,
  top: number,
): { readonly svg: string; readonly end: number } {
  const columns = columnsOf(view);
  const width = (BODY_WIDTH - MODEL_WIDTH) / (columns.length - 0.3);
  // The seeds need less room than a score.
  const right = (at: number) => MARGIN + MODEL_WIDTH + (at + 0.7) * width;
  const rule = (y: number, weight: number) =>
    `<path d="M${MARGIN} ${y}H${MARGIN + BODY_WIDTH}" stroke="${drawn(weight > 1 ? 'ink' : 'rule')}" stroke-width="${weight}"/>`;
  const shown = mostTelling(models, most);
  const parts = [rule(top + 4, 2.4)];
  const headingAt = top + 25;
  parts.push(textAt(MARGIN, headingAt + 20, 'Model', { size: SIZE, bold: true }));
  columns.forEach(({ heading }, at) => {
    heading.forEach((line, row) => {
      if (line !== '') parts.push(textAt(right(at), headingAt + row * 20, line, { size: 15, bold: true, anchor: 'end' }));
    });
  });
  let y = headingAt + 32;
  parts.push(rule(y, 1.6));
  shown.forEach((model, row) => {
    const learned = isLearned(model);
    // A line between what was learned by networks and what it has to beat.
    if (row > 0 && !learned && isLearned(shown[row - 1]!)) parts.push(rule(y + 2, 1.2));
    parts.push(textAt(MARGIN, y + 21, shortened(model.name, MODEL_WIDTH - 10, SIZE), { size: SIZE }));
    columns.forEach((column, at) => {
      const text = column.text(model);
      if (text !== '')
        parts.push(textAt(right(at), y + 21, fitting(text, width - 4), { size: SIZE, anchor: 'end', bold: column.best(model, models) }));
    });
    y += ROW;
  });
  parts.push(rule(y + 6, 2.4));
  const rest = models.length - shown.length;
  const note = `Bold: best value of its column, which is no test.${rest > 0 ? ` ${count(rest)} more in the report.` : ''} p against persistence, two-sided.`;
  parts.push(textAt(MARGIN, y + 26, note, { size: 15, color: drawn('faint') }));
  return { svg: parts.join(''), end: y + 36 };
}

/** A number with as many decimals as its column has room for. */
function fitting(text: string, width: number): string {
  if (textWidth(text, SIZE, true) <= width) return text;
  const value = Number(text.replace(/[,%+]/g, ''));
  const end = text.endsWith('%') ? '%' : '';
  const decimals = text.includes('.') ? text.length - end.length - text.indexOf('.') - 1 : 0;
  const shorter = Array.from({ length: decimals }, (_, at) => value.toFixed(decimals - 1 - at) + end).find(
    // Not so short that only zeros are left.
    (one) => textWidth(one, SIZE, true) <= width && /[1-9]/.test(one),
  );
  return shorter ?? `${value.toExponential(1)}${end}`;
}

/** At most this many, in their order: persistence, then networks and ensembles, then other baselines, each by their error. */
function mostTelling(models: readonly ViewedModel[], most: number): readonly ViewedModel[] {
  const persistence = models.filter(({ name }) => name === 'persistence');
  const others = byError(models.filter(({ name }) => name !== 'persistence'));
  const baseline = others.filter((model) => !isLearned(model));
  // The best baseline is what the networks have to beat, so it never goes.
  const kept = [...persistence, ...baseline.slice(0, 1), ...others.filter(isLearned), ...baseline.slice(1)].slice(0, Math.max(3, most));
  return models.filter((model) => kept.includes(model));
}

function verdictBox(view: OutputView, top: number): { readonly svg: string; readonly end: number } {
  const inner = BODY_WIDTH - 36;
  const paragraphs = [bestSentence(view), echoSentence(view)].flatMap((sentence) =>
    sentence === null ? [] : [wrapped(sentence, inner, SIZE)],
  );
  const verdict = wrapped(`Verdict on the experiment: ${view.experiment.report.verdict}`, inner, SIZE);
  const kept =
    verdict.length <= VERDICT_LINES
      ? verdict
      : [...verdict.slice(0, VERDICT_LINES - 1), `${verdict[VERDICT_LINES - 1]!.split(' ').slice(0, -1).join(' ')} ...`];
  const lines = [...paragraphs, kept];
  const height = lines.flat().length * LINE + (lines.length - 1) * 8 + 22;
  const parts = [
    `<rect x="${MARGIN}" y="${top}" width="${BODY_WIDTH}" height="${height}" fill="${drawn('panel')}"/>`,
    `<rect x="${MARGIN}" y="${top}" width="5" height="${height}" fill="${drawn('strategy')}"/>`,
  ];
  let y = top + 28;
  for (const paragraph of lines) {
    for (const line of paragraph) {
      parts.push(textAt(MARGIN + 22, y, line, { size: SIZE }));
      y += LINE;
    }
    y += 8;
  }
  return { svg: parts.join(''), end: top + height };
}

/** Last bars over the whole width; below it losses and skill side by side, or one of them alone. */
function panelsOf(
  view: OutputView,
  models: readonly ViewedModel[],
  top: number,
): { readonly keys: string; readonly placed: readonly Placed[]; readonly least: number } {
  const lines = linesOf(view, 3);
  const rows = recentRows(view);
  const learned = networksWithLosses(view);
  const best = byError(learned).slice(0, 3);
  const networks = learned.filter((model) => best.includes(model));
  const losses = known(networks.map(({ run }) => run?.validationLosses ?? []));
  const extra = networks.filter(({ name }) => losses.length > 0 && !lines.some((line) => line.name === name));
  const keys = drawKeys(
    [...keysOf(rows.length === 0 ? [] : lines), ...keysOf(extra.map(({ name, look }) => ({ name, look, level: new Float64Array() })))],
    top,
  );
  const room = PAGE_HEIGHT - MARGIN - keys.end;
  const bands = rows.length === 0 ? 1 : 2;
  const height = Math.max(LEAST_PANEL, (room - (bands - 1) * 12) / bands - PANEL_TITLE);
  const placed: Placed[] = [];
  if (rows.length > 0) {
    placed.push({
      x: MARGIN,
      y: keys.end,
      title: `The last ${count(rows.length)} scored bars`,
      panel: levelPanel(view, lines, rows, BODY_WIDTH, height, false),
    });
  }
  const y = keys.end + (bands - 1) * (height + PANEL_TITLE + 12);
  const half = losses.length === 0 ? BODY_WIDTH : (BODY_WIDTH - GAP) / 2;
  if (losses.length > 0) placed.push({ x: MARGIN, y, title: 'Validation loss', panel: validationPanel(networks, half, height) });
  const barred = mostTelling(models, Math.floor((height - 44) / 19));
  const paint = (model: ViewedModel) => (isLearned(model) ? model.look.color : drawn('page'));
  placed.push({
    x: MARGIN + BODY_WIDTH - half,
    y,
    title: barred.length < models.length ? `Skill of ${count(barred.length)} models` : 'Skill against persistence',
    panel: scorePanel(view, barred, measure('skillVsPersistence'), paint, half, height, nameWidth(barred, 160)),
  });
  return { keys: keys.svg, placed, least: keys.end - top + bands * (LEAST_PANEL + PANEL_TITLE) + (bands - 1) * 12 + MARGIN };
}
