import { firstAtOrAfter } from '../core/ascending.ts';
import type { Bars } from '../core/bars.ts';
import { run } from '../core/engine.ts';
import type { FundingRates } from '../core/funding.ts';
import { alignFunding } from '../core/funding.ts';
import { growPanel } from '../core/growing-panel.ts';
import { growBars, withRoom } from '../core/growth.ts';
import { firstSliceAt, type Panel } from '../core/panel.ts';
import type { State, Trace } from '../core/trace.ts';
import type { Candle } from '../data/exchange/feed.ts';
import type { Outcome, Request } from '../models/fit.ts';
import type { Bot } from '../walk/bot.ts';
import { rowsBehind } from '../walk/combination.ts';
import { holdAll } from '../walk/holding.ts';
import { type MarketInputs, prepareInputs } from '../walk/inputs.ts';
import { dueSlots, requestAt, type Slot, slotName } from '../walk/plan.ts';
import { setupOf, signalColumns } from '../walk/walk.ts';
import type { Circumstances } from './circumstances.ts';
import { createLiveForecasts } from './live-forecasts.ts';
import type { TrainedModel } from './models.ts';
import type { FitPlace } from './observation.ts';

export interface CourseOptions {
  readonly bot: Bot;
  readonly models: readonly TrainedModel[];
  /** [market], in the order of their names: history, and what was delivered before. */
  readonly bars: readonly Bars[];
  /** Decisions are made at closes of bars that open at this instant or later, ms UTC. */
  readonly from: number;
  readonly circumstances: Circumstances;
  /** What longs of a market pay, as far as its bars reach. */
  readonly funding?: (bars: Bars) => FundingRates | undefined;
  /** Where the engine stood after the last slice delivered; undefined where none was. */
  readonly state: State | undefined;
  readonly holdings: readonly State[] | undefined;
}

/** A fit that the present slice, or one before its delay has passed, needs and that is not known. */
export interface DueFit {
  readonly place: FitPlace;
  /** Whether the present slice needs it. */
  readonly needed: boolean;
  /** Undefined while there are too few samples. */
  request(): Request | undefined;
}

/** One slice decided. */
export interface Decided {
  /** Of one slice. */
  readonly trace: Trace;
  /** Expected returns, [market]; NaN where there is none. */
  readonly forecasts: readonly number[];
  readonly state: State;
  /** Buy & hold of every market, and its equity together, quote. */
  readonly holdings: readonly State[];
  readonly holding: number;
  /** Slots since the fit that served was asked for, [market]; undefined where none did. */
  readonly modelAge: readonly (number | undefined)[];
}

/** A walk that goes on slice by slice: the same columns, plan, forecasts and fold as those of a backtest, each at the cost of the new bars. */
export interface Course {
  readonly panel: Panel;
  /** Slices decided so far, this session's alone. */
  readonly decided: number;
  /** Adds a slice: [market], undefined where it had no bar. Throws a BarError for one that cannot follow. */
  append(closeTime: number, bars: readonly (Candle | undefined)[]): void;
  /** Fits that are due at the last slice, and not known. */
  due(): readonly DueFit[];
  /** The request of a fit, wherever its slot lies; undefined where there were too few samples. */
  request(place: FitPlace): Request | undefined;
  /** Makes an outcome known. */
  settle(place: FitPlace, outcome: Outcome): void;
  /** Decides the last slice, which was appended and not decided yet. */
  decide(): Decided;
  close(): void;
}

export function createCourse(options: CourseOptions): Course {
  const { bot, models, circumstances, funding } = options;
  const growing = options.bars.map(growBars);
  const growingPanel = growPanel(growing);
  let { state, holdings } = options;
  let panel: Panel;
  let inputs: readonly (readonly MarketInputs[])[];
  /** By slice of the panel; the fold of a slice looks at its own alone. */
  let restraint = new Uint8Array(0);
  const known = models.map(() => new Map<string, Outcome>());
  const forecasts = createLiveForecasts(bot, models, known, circumstances);
  /** Rows before the first decision on whose forecasts it rests. */
  const behind = () => (bot.ensemble && !state ? rowsBehind(bot.ensemble, models[0]!.model.horizon) : 0);
  const look = () => {
    const view = growingPanel.view();
    const rates = funding && view.markets.map(funding);
    panel = rates?.some(Boolean) ? { ...view, funding: view.markets.map((bars, m) => rates[m] && alignFunding(bars, rates[m])) } : view;
    inputs = models.map(({ model }) => prepareInputs({ ...bot, model }, panel) ?? []);
  };
  look();
  const first = firstSliceAt(panel!, options.from + panel!.markets[0]!.intervalMs);

  function* dueOf(k: number, ahead: number): Generator<Slot> {
    const botOfModel = { ...bot, model: models[k]!.model };
    for (const [m, bars] of panel.markets.entries()) {
      const last = bars.length - 1;
      if (last >= 0) yield* dueSlots(botOfModel, panel, m, inputs[k]![m]!, Math.max(0, last - behind()), bars.length, known[k]!, ahead);
    }
  }

  return {
    get panel() {
      return panel;
    },
    get decided() {
      return state ? state.slice + 1 - first : 0;
    },
    append(closeTime, bars) {
      bars.forEach((bar, m) => {
        if (bar) growing[m]!.append(bar);
      });
      growingPanel.append(
        closeTime,
        bars.map((bar) => bar !== undefined),
      );
      look();
    },
    due() {
      if (bot.frozen) return [];
      return models.flatMap(({ model, trainer }, k) => {
        const needed = new Set(Array.from(dueOf(k, 0), ({ market, slot }) => `${market}@${slot}`));
        return Array.from(dueOf(k, bot.schedule.delay), (place): DueFit => {
          const { market, slot } = place;
          return {
            place: { model: k, market: panel.markets[market]!.market, slot },
            needed: needed.has(`${market}@${slot}`),
            request: () => requestAt({ ...bot, model }, model, panel, inputs[k]![market]!, place, trainer.id),
          };
        });
      });
    },
    request({ model: k, market: name, slot }) {
      const market = panel.markets.findIndex((bars) => bars.market === name);
      const { model, trainer } = models[k]!;
      const own = inputs[k]![market]!;
      return requestAt({ ...bot, model }, model, panel, own, { market, slot, row: firstAtOrAfter(own.slot, slot) }, trainer.id);
    },
    settle: ({ model, market, slot }, outcome) => void known[model]!.set(slotName(market, slot), outcome),
    decide() {
      const slice = panel.closeTime.length - 1;
      restraint = withRoom(restraint, slice, slice + 1);
      restraint[slice] = circumstances.restraintAt(panel.closeTime[slice]!);
      forecasts.extend(panel, inputs, first);
      const { columns, outlooks } = forecasts.view(panel);
      const setup = setupOf(bot, panel, signalColumns(bot, panel, columns, outlooks), columns, slice, slice + 1);
      const finished = run({ ...setup, restraint }, state);
      const held = holdAll(bot, panel, slice, slice + 1, holdings);
      state = finished.state;
      holdings = held.map((one) => one.state);
      return {
        trace: finished.trace,
        forecasts: columns.map((column, m) => (panel.row[m]![slice]! < 0 ? Number.NaN : column[panel.row[m]![slice]!]!)),
        state,
        holdings,
        holding: held.reduce((sum, { trace }) => sum + trace.equity[0]!, 0),
        modelAge: panel.markets.map((_, m) => forecasts.age(m)),
      };
    },
    close: () => forecasts.close(),
  };
}
