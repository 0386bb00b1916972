import { join } from 'node:path';
import { compareRuns } from '../backtest/comparison.ts';
import type { RunResult } from '../backtest/result.ts';
import { ConfigError } from '../config/config-error.ts';
import { comparisonHtml } from '../report/comparison-html.ts';
import { comparisonText } from '../report/comparison-text.ts';
import { ExitCode } from './exit-code.ts';
import { type CommonOptions, colourful, type Host, print } from './host.ts';
import { writeFolder } from './run-folder.ts';
import { storedRun } from './stored-run.ts';

/** Sets finished runs beside each other, each beside its own buy & hold, and stores the page that shows it. */
export async function run(names: readonly string[], options: CommonOptions, host: Host): Promise<number> {
  if (names.length < 2) throw new ConfigError([`Expected at least two runs to compare, received ${names.length}; name another one`]);
  const { workspace, json } = options;
  const results: RunResult[] = [];
  for (const name of names) {
    const result = await storedRun(name, workspace);
    if (results.some(({ runId }) => runId === result.runId)) {
      throw new ConfigError([`Expected each run once, received ${result.runId} again as ${JSON.stringify(name)}; take it out`]);
    }
    results.push(result);
  }
  const comparison = compareRuns(results);
  const folder = await writeFolder(join(workspace, 'comparisons'), comparison.comparisonId, {
    'compare.json': `${JSON.stringify(comparison, null, 1)}\n`,
    'compare.html': await comparisonHtml(comparison, results),
  });
  if (json) print(host.stdout, JSON.stringify(comparison));
  else {
    const view = { colour: colourful(host.stdout, host), width: host.stdout.columns ?? 100, htmlPath: join(folder, 'compare.html') };
    print(host.stdout, comparisonText(comparison, view));
  }
  return ExitCode.done;
}
