import type { TrainingRun } from '../../lab/result.ts';
import { spread } from '../decimation.ts';
import { counted, loss, quantity } from '../format.ts';
import { drawn } from '../palette.ts';
import type { Key } from './key.ts';
import { type Look, TRAINING, VALIDATION } from './look.ts';
import { curve, epochAxis, LOW_PANEL, logarithmicAxis, marks, numberAxis, type Panel, type Point, panel, rule, spanOf } from './panel.ts';
import { BODY_WIDTH, MARGIN, PANEL_TITLE, type Placed, type Sheet } from './sheet.ts';
import { type OutputView, subject, type ViewedModel } from './view.ts';

/** Seeds besides the shown one that are drawn at most. */
const FAINT_SEEDS = 30;
const FAINT = 0.28;
/** Above this range an axis of losses is logarithmic. */
const LOGARITHMIC_RANGE = 10;
/** Epochs up to which each is marked. */
const MARKED_EPOCHS = 40;
const GAP = 24;
const BEST = drawn('ink');
const AT_BEST = { color: drawn('ink'), dash: [2, 3], width: 1.4 };

/** The networks that have losses to show: an ensemble and a baseline have none. */
export function networksWithLosses(view: OutputView): readonly ViewedModel[] {
  return view.models.filter(
    ({ score, run }) => score.role === 'network' && known([run?.losses ?? [], run?.validationLosses ?? []]).length > 0,
  );
}

/** Training and validation loss of every network, a panel each on the same axes. Null where no network was trained. */
export function lossSheet(view: OutputView): Sheet | null {
  const networks = networksWithLosses(view);
  if (networks.length === 0) return null;
  const others = networks.map(({ score }) =>
    spread(
      score.runs.filter((_, at) => at !== score.shown),
      FAINT_SEEDS,
    ),
  );
  const curves = networks
    .flatMap(({ run }, at) => [...others[at]!, ...(run === null ? [] : [run])])
    .flatMap((one) => [one.losses, one.validationLosses]);
  const columns = networks.length === 1 ? 1 : networks.length === 3 || networks.length > 4 ? 3 : 2;
  const width = (BODY_WIDTH - (columns - 1) * GAP) / columns;
  const height = columns === 1 ? 430 : 370;
  const panels = networks.map((network, at): Placed => {
    const { run, score } = network;
    const seeds = score.runs.length > 1 ? ` (${counted(score.runs.length, 'seed')})` : '';
    return {
      x: MARGIN + (at % columns) * (width + GAP),
      y: Math.floor(at / columns) * (height + PANEL_TITLE + 14),
      title: `${network.name}${seeds}`,
      panel: lossPanel(width, height, curves, [
        ...others[at]!.flatMap((other) => [fainter(other.losses, TRAINING), fainter(other.validationLosses, VALIDATION)]),
        ...(run === null ? [] : shownCurves(run)),
      ]),
    };
  });
  const several = others.some((runs) => runs.length > 0);
  const keys: Key[] = [
    { kind: 'line', label: several ? 'training, shown seed' : 'training', look: TRAINING, marked: true },
    { kind: 'line', label: several ? 'validation, shown seed' : 'validation', look: VALIDATION, marked: true },
    ...(several ? [{ kind: 'line' as const, label: 'other seeds', look: { ...VALIDATION, width: 2 }, opacity: FAINT }] : []),
    { kind: 'mark', label: 'best epoch', color: BEST, mark: 'diamond', hollow: true },
  ];
  return { title: 'Training and validation loss', subtitle: subject(view), keys, panels };
}

/** The validation losses of all networks on one pair of axes. Null where there are none. */
export function validationLossSheet(view: OutputView): Sheet | null {
  const networks = networksWithLosses(view).filter(({ run }) => known([run?.validationLosses ?? []]).length > 0);
  if (networks.length === 0) return null;
  return {
    title: networks.length === 1 ? 'Validation loss' : 'Validation losses compared',
    subtitle: `${subject(view)}${networks.some(({ score }) => score.runs.length > 1) ? ', shown seed of each network' : ''}`,
    keys: [
      ...networks.map(({ name, look, run }): Key => ({ kind: 'line', label: `${name}, best ${loss(atBest(run))}`, look, marked: true })),
      { kind: 'mark', label: 'best epoch', color: BEST, mark: 'diamond', hollow: true },
    ],
    panels: [{ x: MARGIN, y: 0, panel: validationPanel(networks, BODY_WIDTH, 430) }],
  };
}

/** Also a small panel of the scorecard. */
export function validationPanel(networks: readonly ViewedModel[], width: number, height: number): Panel {
  return lossPanel(
    width,
    height,
    networks.map(({ run }) => run?.validationLosses ?? []),
    networks.flatMap(({ name, look, run }) => {
      if (run === null) return [];
      return [validationCurve(name, run, look), bestMark(run)];
    }),
  );
}

/** Every loss that can be drawn. */
export function known(curves: readonly (readonly number[])[]): number[] {
  return curves.flat().filter((value) => Number.isFinite(value));
}

function lossPanel(width: number, height: number, curves: readonly (readonly number[])[], series: Parameters<typeof panel>[3]): Panel {
  const all = known(curves);
  const last = Math.max(1, ...curves.map((one) => one.length));
  const { low, high } = spanOf(all, 0, 0);
  const logarithmic = low > 0 && high / low > LOGARITHMIC_RANGE;
  return panel(
    width,
    height,
    {
      xAxis: epochAxis(last),
      yAxis: logarithmic
        ? logarithmicAxis(height < LOW_PANEL ? 'loss (log)' : 'loss (log scale)', quantity, { low: low * 0.85, high: high * 1.18 })
        : numberAxis('loss', quantity, spanOf(all, 0.08, 0.08)),
    },
    series,
  );
}

function shownCurves(run: TrainingRun) {
  return [
    { ...curve('training', epochs(run.losses), TRAINING, run.losses.length <= MARKED_EPOCHS), z: 4, symbolSize: markSize(run) },
    {
      ...validationCurve('validation', run, VALIDATION),
      z: 5,
      ...(atBest(run) === null ? {} : { markLine: rule({ xAxis: run.bestEpoch }, AT_BEST) }),
    },
    bestMark(run),
  ];
}

function validationCurve(name: string, run: TrainingRun, look: Look) {
  return {
    ...curve(name, epochs(run.validationLosses), look, run.validationLosses.length <= MARKED_EPOCHS),
    symbolSize: markSize(run) + 1,
  };
}

function bestMark(run: TrainingRun) {
  const value = atBest(run);
  return marks('best epoch', value === null ? [] : [[run.bestEpoch, value]], BEST, 'diamond', 19, true);
}

/** A mark that no line leads to has to be seen by itself. */
function markSize({ losses }: TrainingRun): number {
  return losses.length < 3 ? 11 : 6;
}

function fainter(losses: readonly number[], look: Look) {
  const drawnLine = curve('other seeds', epochs(losses), { ...look, dash: [] });
  return {
    ...drawnLine,
    symbolSize: 5,
    itemStyle: { ...drawnLine.itemStyle, opacity: FAINT },
    lineStyle: { ...drawnLine.lineStyle, width: 1.4, opacity: FAINT },
  };
}

/** The validation loss at the best epoch; the training loss where nothing was validated. Null where neither is known. */
function atBest(run: TrainingRun | null): number | null {
  if (run === null) return null;
  const value = run.validationLosses[run.bestEpoch - 1] ?? run.losses[run.bestEpoch - 1];
  return value !== undefined && Number.isFinite(value) ? value : null;
}

function epochs(losses: readonly number[]): Point[] {
  return losses.map((value, at) => [at + 1, Number.isFinite(value) ? value : null]);
}
