import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Backtest } from '../backtest/result.ts';
import { equityCsv, forecastsCsv, guardsCsv, ordersCsv, tradesCsv } from '../report/files.ts';
import { htmlReport } from '../report/html.ts';

/**
 * Writes the folder `<workspace>/runs/<runId>`: the result as JSON, its tables as CSV, and the HTML report. The folder is filled under
 * another name and then renamed, so that it is there as a whole or not at all; one of an equal run before makes way for it.
 */
export async function writeRunFolder(workspace: string, backtest: Backtest): Promise<string> {
  return writeFolder(join(workspace, 'runs'), backtest.report.runId, {
    'result.json': `${JSON.stringify(backtest.report, null, 1)}\n`,
    'trades.csv': tradesCsv(backtest),
    'orders.csv': ordersCsv(backtest),
    'equity.csv': equityCsv(backtest),
    'forecasts.csv': forecastsCsv(backtest),
    ...(backtest.report.guards.length > 0 && { 'guards.csv': guardsCsv(backtest) }),
    'report.html': await htmlReport(backtest),
  });
}

/** A folder of files, paths within it to what they hold: there as a whole or not at all; one of that name before makes way. */
export async function writeFolder(parent: string, name: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = join(parent, name);
  const temporary = join(parent, `.${name}.${randomUUID()}`);
  const former = `${temporary}.former`;
  await mkdir(temporary, { recursive: true });
  try {
    for (const inner of new Set(Object.keys(files).map((path) => dirname(join(temporary, path))))) await mkdir(inner, { recursive: true });
    for (const [path, content] of Object.entries(files)) await writeDurably(join(temporary, path), content);
    if (existsSync(folder)) await rename(folder, former);
    await rename(temporary, folder);
    await rm(former, { recursive: true, force: true });
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
