import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ConfigError } from '../config/config-error.ts';
import type { Experiment } from '../lab/result.ts';
import { experimentFigures, type OutputFigures } from '../report/experiment-figures.ts';
import { experimentForecastsCsv, historyJson, metadataJson } from '../report/experiment-files.ts';
import { experimentHtml } from '../report/experiment-html.ts';
import { experimentText } from '../report/experiment-text.ts';
import { pngOf } from '../report/png.ts';
import { writeFolder } from './run-folder.ts';
import { version } from './version.ts';

/** Markets and outputs with figures, unless all are asked for: a page with hundreds of figures serves nobody. */
const SOME = 4;
/** Of the pictures, inches: the text width of a page. */
const PICTURE_INCHES = 7;

/** How many markets and outputs `--figures` asks to be drawn. Throws a ConfigError for another word. */
export function drawnOutputs(which = 'some'): number {
  if (which === 'some') return SOME;
  if (which === 'all') return Infinity;
  if (which === 'none') return 0;
  throw new ConfigError([`--figures: Expected some, all or none, received ${JSON.stringify(which)}`]);
}

/**
 * Writes the folder `<workspace>/experiments/<experimentId>`: result, history and metadata as JSON, the forecasts as CSV, a text and an HTML
 * report, and the figures as SVG and PNG. But for the seconds in `experiment.json`, the same experiment gives the same bytes. Throws the
 * signal's reason when aborted; nothing is written then.
 */
export async function writeExperimentFolder(
  workspace: string,
  experiment: Experiment,
  drawn: number,
  signal: AbortSignal,
): Promise<string> {
  const { report } = experiment;
  const figures: Record<string, string | Uint8Array> = {};
  const places = experiment.series.slice(0, drawn);
  const drawings: OutputFigures[] = [];
  for (const [k, { market, output }] of places.entries()) {
    // Drawing leaves no room for a signal to arrive.
    await setImmediate();
    signal.throwIfAborted();
    const own = await experimentFigures(experiment, market, output);
    drawings.push({ market, output, figures: own });
    const prefix = join('figures', places.length === 1 ? '' : `${String(k + 1).padStart(3, '0')}-${fileName(`${market} ${output}`)}`);
    for (const { name, svg } of own) {
      figures[join(prefix, `${name}.svg`)] = svg;
      figures[join(prefix, `${name}.png`)] = pngOf(svg, PICTURE_INCHES);
    }
  }
  return writeFolder(join(workspace, 'experiments'), report.experimentId, {
    'experiment.json': `${JSON.stringify(report, null, 1)}\n`,
    'history.json': historyJson(experiment),
    'metadata.json': metadataJson(experiment, version()),
    'forecasts.csv': experimentForecastsCsv(experiment),
    'report.txt': `${experimentText(report, { colour: false, width: 160, timings: false })}\n`,
    'report.html': await experimentHtml(experiment, drawings, false),
    ...figures,
  });
}

/** A name that any file system takes; two markets may share one. */
function fileName(text: string): string {
  return text.replace(/[^A-Za-z0-9.-]+/g, '_').replace(/^\.+/, '');
}
