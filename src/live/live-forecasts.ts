import type { Column } from '../core/bars.ts';
import type { Panel } from '../core/panel.ts';
import type { Outlook } from '../core/policy.ts';
import { type Fit, type OpenFit, openFit } from '../models/fit.ts';
import type { Bot } from '../walk/bot.ts';
import { combineForecasts, rowsBehind } from '../walk/combination.ts';
import type { MarketInputs } from '../walk/inputs.ts';
import { type Outcomes, servingSlot, slotName, UNSERVED } from '../walk/plan.ts';
import type { Forecasts } from '../walk/walk.ts';
import type { Circumstances } from './circumstances.ts';
import type { TrainedModel } from './models.ts';

/** What is said of the rows of one market, with room for those to come; NaN where nothing is. */
interface Said {
  column: Column;
  lower: Column;
  upper: Column;
  probability: Column;
}
const COLUMNS = ['column', 'lower', 'upper', 'probability'] as const;

/** Forecasts of a session, row by row as bars arrive, each as a walk over all of them would make it. */
export interface LiveForecasts {
  /** Says what is to be said of rows that are new since the last time, from slice `first` on. `inputs` are [model][market]. */
  extend(panel: Panel, inputs: readonly (readonly MarketInputs[])[], first: number): void;
  /** Expected returns and what else is said, [market], aligned with the panel's bars; of an ensemble, combined. */
  view(panel: Panel): { readonly columns: readonly Column[]; readonly outlooks: readonly Outlook[] | undefined };
  /** Slots since the request of the fit that served a market last; undefined where none does, and for a frozen one. */
  age(market: number): number | undefined;
  close(): void;
}

export function createLiveForecasts(
  bot: Bot,
  models: readonly TrainedModel[],
  known: readonly Outcomes[],
  circumstances: Circumstances,
): LiveForecasts {
  const said: Said[][] = models.map(() => []);
  const combined: Said[] = [];
  const horizon = models[0]?.model.horizon ?? 1;
  const behind = bot.ensemble ? rowsBehind(bot.ensemble, horizon) : 0;
  /** Rows said so far, [market]; -1 before the first time. */
  const done: number[] = [];
  const ages: (number | undefined)[] = [];
  const open = new Map<string, { readonly key: string; readonly fit: OpenFit }>();

  const opened = (fit: Fit, k: number, market: string): OpenFit => {
    const place = `${k}:${market}`;
    const found = open.get(place);
    if (found?.key === fit.key) return found.fit;
    found?.fit.close();
    const fresh = openFit(fit, models[k]!.trainer, market);
    open.set(place, { key: fit.key, fit: fresh });
    return fresh;
  };

  function fitFor(k: number, panel: Panel, m: number, inputs: MarketInputs, row: number): Fit | undefined {
    const bars = panel.markets[m]!;
    if (bot.frozen) return bars.openTime[row]! + bars.intervalMs > bot.frozen.time ? bot.frozen : undefined;
    const botOfModel = { ...bot, model: models[k]!.model };
    const slot = servingSlot(botOfModel, inputs, bars, known[k]!, row, circumstances.available(k));
    if (k === 0) ages[m] = slot === UNSERVED ? undefined : inputs.slot[row]! - slot;
    const outcome = slot === UNSERVED ? undefined : known[k]!.get(slotName(bars.market, slot));
    return outcome?.kind === 'fit' ? outcome.fit : undefined;
  }

  return {
    extend(panel, inputs, first) {
      if (models.length === 0) return;
      panel.markets.forEach((bars, m) => {
        // A stacking learns from forecasts of rows before the first decision.
        const start = Math.max(0, firstRow(panel, m, first) - behind);
        const from = Math.max(done[m] ?? 0, start);
        for (let k = 0; k < models.length; k++) {
          const one = roomFor(said[k]!, m, bars.length);
          const { features, complete } = inputs[k]![m]!;
          let serving: Fit | undefined;
          let ends: number[] = [];
          const say = () => {
            if (!serving || ends.length === 0) return;
            opened(serving, k, bars.market).forecast(features.values, bars.close, Int32Array.from(ends), one.column, { horizon, ...one });
          };
          // Rows that one fit serves are said together: after a start there are many.
          for (let row = from; row < bars.length; row++) {
            const fit = complete[row] === 1 ? fitFor(k, panel, m, inputs[k]![m]!, row) : undefined;
            if (fit !== serving) {
              say();
              serving = fit;
              ends = [];
            }
            if (fit) ends.push(row);
          }
          say();
        }
        if (bot.ensemble) combineRows(bot.ensemble, panel, m, inputs[0]![m]!, from);
        done[m] = bars.length;
      });
    },
    view(panel) {
      if (models.length === 0)
        return { columns: panel.markets.map((bars) => new Float64Array(bars.length).fill(Number.NaN)), outlooks: undefined };
      const of = bot.ensemble ? combined : said[0]!;
      const cut = (m: number, name: (typeof COLUMNS)[number]) => of[m]![name].subarray(0, panel.markets[m]!.length);
      return {
        columns: panel.markets.map((_, m) => cut(m, 'column')),
        outlooks: panel.markets.map((_, m) => ({
          horizon,
          lower: cut(m, 'lower'),
          upper: cut(m, 'upper'),
          probability: cut(m, 'probability'),
        })),
      };
    },
    age: (market) => ages[market],
    close() {
      for (const { fit } of open.values()) fit.close();
      open.clear();
    },
  };

  /** Combines the rows from `from` on, with as many before them as a combination looks back on. */
  function combineRows(ensemble: NonNullable<Bot['ensemble']>, panel: Panel, m: number, inputs: MarketInputs, from: number): void {
    const { length } = panel.markets[m]!;
    const into = roomFor(combined, m, length);
    const start = Math.max(0, from - behind);
    const members = models.map((_, k): Forecasts => {
      const { column, ...rest } = said[k]![m]!;
      const cut = (values: Column) => values.subarray(start, length);
      return {
        serving: [],
        columns: [cut(column)],
        outlooks: [{ horizon, lower: cut(rest.lower), upper: cut(rest.upper), probability: cut(rest.probability) }],
      };
    });
    const { columns, outlooks } = combineForecasts(ensemble, members, [inputs.returns.subarray(start, length)]);
    const whole = { column: columns[0]!, ...outlooks[0]! };
    for (const name of COLUMNS) into[name].set(whole[name].subarray(from - start), from);
  }
}

/** The first row of a market in slice `first` or later. */
function firstRow({ row, markets, closeTime }: Panel, m: number, first: number): number {
  for (let slice = first; slice < closeTime.length; slice++) if (row[m]![slice]! >= 0) return row[m]![slice]!;
  return markets[m]!.length;
}

function roomFor(all: Said[], m: number, length: number): Said {
  all[m] ??= { column: blank(1024), lower: blank(1024), upper: blank(1024), probability: blank(1024) };
  const one = all[m];
  if (length > one.column.length) {
    for (const name of COLUMNS) {
      const longer = blank(2 * length);
      longer.set(one[name]);
      one[name] = longer;
    }
  }
  return one;
}

const blank = (length: number) => new Float64Array(length).fill(Number.NaN);
