import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backtest } from '../backtest/result.ts';
import { equityCsv, forecastsCsv, ordersCsv, tradesCsv } from '../report/files.ts';
import { htmlReport } from '../report/html.ts';

/**
 * Writes the folder `<workspace>/runs/<runId>`: the result as JSON, its tables as CSV, and the HTML report. The folder is filled under
 * another name and then renamed, so that it is there as a whole or not at all; one of an equal run before makes way for it.
 */
export async function writeRunFolder(workspace: string, backtest: Backtest): Promise<string> {
  const runs = join(workspace, 'runs');
  const folder = join(runs, backtest.report.runId);
  const temporary = join(runs, `.${backtest.report.runId}.${randomUUID()}`);
  const former = `${temporary}.former`;
  const files: Readonly<Record<string, string>> = {
    'result.json': `${JSON.stringify(backtest.report, null, 1)}\n`,
    'trades.csv': tradesCsv(backtest),
    'orders.csv': ordersCsv(backtest),
    'equity.csv': equityCsv(backtest),
    'forecasts.csv': forecastsCsv(backtest),
    'report.html': await htmlReport(backtest),
  };
  await mkdir(temporary, { recursive: true });
  try {
    for (const [name, text] of Object.entries(files)) await writeDurably(join(temporary, name), text);
    if (existsSync(folder)) await rename(folder, former);
    await rename(temporary, folder);
    await rm(former, { recursive: true, force: true });
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
