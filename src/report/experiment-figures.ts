import type { Experiment } from '../lab/result.ts';
import { type Drawing, loadDrawing } from './chart.ts';
import { leftOut, levelSheet, recentSheet } from './experiment/level-sheets.ts';
import { lossSheet, validationLossSheet } from './experiment/loss-sheets.ts';
import { residualSheet } from './experiment/residual-sheet.ts';
import { scoreSheet } from './experiment/score-sheet.ts';
import { scorecard } from './experiment/scorecard.ts';
import { drawSheet, type Sheet } from './experiment/sheet.ts';
import { type OutputView, outputsOf, outputView, partName, subject } from './experiment/view.ts';
import { counted } from './format.ts';

/** A figure as a file of its own. */
export interface ExperimentFigure {
  /** Safe as the name of a file, such as `loss-curves`. */
  readonly name: string;
  readonly title: string;
  /** What it shows and how to read it, in words. */
  readonly caption: string;
  /** Stands for itself: width and height, white paper, nothing that has to be loaded. */
  readonly svg: string;
}

/** The figures of one output of one market. */
export interface OutputFigures {
  readonly market: string;
  readonly output: string;
  readonly figures: readonly ExperimentFigure[];
}

/**
 * The figures of one output of one market, in the order of reading; one that would show nothing is left out, and a pair that the
 * experiment does not have, such as a market that failed, has none. The same experiment gives the same text.
 */
export async function experimentFigures(experiment: Experiment, market: string, output: string): Promise<readonly ExperimentFigure[]> {
  const view = outputView(experiment, market, output);
  return view === null ? [] : figuresOf(await loadDrawing(), view);
}

/** The figures of all markets and outputs, in the order of the experiment. */
export async function allExperimentFigures(experiment: Experiment): Promise<readonly OutputFigures[]> {
  const drawing = await loadDrawing();
  return outputsOf(experiment).flatMap(({ market, output }) => {
    const view = outputView(experiment, market, output);
    return view === null ? [] : [{ market, output, figures: figuresOf(drawing, view) }];
  });
}

function figuresOf(drawing: Drawing, view: OutputView): readonly ExperimentFigure[] {
  const figures: ExperimentFigure[] = [];
  const add = (name: string, sheet: Sheet | null, caption: string) => {
    if (sheet === null) return;
    figures.push({ name, title: `${sheet.title}: ${subject(view)}`, caption, svg: drawSheet(drawing, sheet, `${name}-${view.id}`) });
  };
  const part = partName(view.scored);
  const rest = leftOut(view);
  const some = rest === 0 ? '' : ` ${counted(rest, 'model')} with larger errors ${rest === 1 ? 'is' : 'are'} not drawn.`;
  add(
    'loss-curves',
    lossSheet(view),
    'Loss per epoch of each network. The shown seed, whose R2 on the scored part is the median one, is drawn strong, the other seeds faint; its weights are those of the best epoch.',
  );
  add(
    'validation-losses',
    validationLossSheet(view),
    'Validation loss per epoch of the shown seed of each network; losses of models that see different scales or losses are not comparable.',
  );
  add(
    'actual-and-predicted',
    levelSheet(view),
    `Each forecast is drawn at the instant at which its outcome is known. Persistence repeats the last level; a forecast that lies on it tells nothing new.${some}`,
  );
  add(
    'residuals',
    residualSheet(view),
    `Actual less predicted level, over time and as a histogram of the ${part}, beside the residuals of persistence; above zero the forecast was too low.`,
  );
  add(
    'last-100-bars',
    recentSheet(view),
    `The end of the ${part}. A forecast that follows the actual line one bar later echoes the last level.${some}`,
  );
  add(
    'scores',
    scoreSheet(view),
    `Scores on the ${part}. Whiskers span the 10th to the 90th percent of the seeds of a network. Skill is 1 - MSE of returns / MSE of persistence: above zero the forecast was closer. Directions are to be read against the share of the more frequent one.`,
  );
  const card = scorecard(drawing, view, `scorecard-${view.id}`);
  if (card !== null) {
    figures.push({
      name: 'scorecard',
      title: `Scorecard: ${subject(view)}`,
      caption: `All models on the ${part} on one page.`,
      svg: card,
    });
  }
  return figures;
}
