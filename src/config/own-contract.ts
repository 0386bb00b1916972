import { type Bars, type Column, sliceBars } from '../core/bars.ts';
import { isoInstant } from '../core/instant.ts';
import { type Outlook, type Policy, Reason, type ReasonCode, type Signal, type View } from '../core/policy.ts';
import { ConfigError } from './config-error.ts';
import type { OwnModule } from './module.ts';

/** How much of the bars a column is computed on again, to see that it does not know the rest. */
const PREFIXES = [1 / 3, 2 / 3] as const;

/** A policy whose every decision is checked, with a reason where it gives none. What it does wrong becomes a ConfigError with its place. */
export function checkedPolicy(module: OwnModule, policy: Policy): Policy {
  const { kind, slots } = policy;
  return {
    kind,
    slots: [...slots],
    decide(view, memory, at) {
      const where = () => `at the close of ${closeOf(view.bars, view.i)} of ${view.bars.market}`;
      view.reason = Reason.absent;
      let target: number;
      try {
        target = policy.decide(view, memory, at);
      } catch (error) {
        throw failure(module, `decide to give a target ${where()}`, error);
      }
      if (typeof target !== 'number' || Math.abs(target) === Infinity) {
        throw wrong(module, `decide to give a number or HOLD ${where()}, received ${String(target)}`);
      }
      for (let k = 0; k < slots.length; k++) {
        if (!Number.isFinite(memory[at + k]))
          throw wrong(module, `memory of ${slots[k]} to stay finite ${where()}, received ${memory[at + k]}`);
      }
      if (view.reason === Reason.absent) view.reason = reasonOf(target, view);
      return target;
    },
  };
}

/** The reason that a target speaks for by itself. */
function reasonOf(target: number, { exposure, signal, i }: View): ReasonCode {
  if (target > 0) return exposure > 0 ? Reason.holding : Reason.enterLong;
  if (target < 0) return exposure < 0 ? Reason.holding : Reason.enterShort;
  if (Number.isNaN(signal[i]!)) return Reason.noForecast;
  if (exposure === 0) return Reason.belowThreshold;
  return target === 0 ? Reason.exit : Reason.holding;
}

/** A signal whose column is checked: as long as the bars, and causal. */
export function checkedSignal(module: OwnModule, signal: Signal): Signal {
  const { name, needs } = signal;
  return {
    name,
    ...(needs && { needs }),
    column: (bars, forecast, outlook) =>
      causal(module, `the signal ${name}`, bars, (rows) => [
        signal.column(prefix(bars, rows), forecast.slice(0, rows), outlook && outlookUpTo(outlook, rows)),
      ])[0]!,
  };
}

function outlookUpTo({ horizon, lower, upper, probability }: Outlook, rows: number): Outlook {
  return { horizon, lower: lower.slice(0, rows), upper: upper.slice(0, rows), probability: probability.slice(0, rows) };
}

/** The columns of a feature, checked: each as long as the bars, and causal. */
export function checkedFeature(module: OwnModule, columns: (bars: Bars) => unknown): (bars: Bars) => readonly Column[] {
  return (bars) =>
    causal(module, 'the feature', bars, (rows) => {
      const computed = columns(prefix(bars, rows));
      return Array.isArray(computed) && typeof computed[0] !== 'number' ? computed : [computed];
    });
}

/** A function of a module whose errors become ConfigErrors with their place. */
export function guarded<A extends readonly unknown[], R>(module: OwnModule, name: string, run: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    try {
      return run(...args);
    } catch (error) {
      throw failure(module, `${name} to give a result`, error);
    }
  };
}

/**
 * The columns on all bars, which must be those that the bars up to each row alone would have given: compared with what a third of the bars,
 * two thirds and all but the last one give.
 */
function causal(module: OwnModule, what: string, bars: Bars, compute: (rows: number) => readonly unknown[]): readonly Column[] {
  const { length, market } = bars;
  const computed = (rows: number) => {
    let columns: readonly unknown[];
    try {
      columns = compute(rows);
    } catch (error) {
      throw failure(module, `${what} to be computed on ${rows} bars of ${market}`, error);
    }
    return columns.map((column) => {
      const values = Array.isArray(column) && column.every((value) => typeof value === 'number') ? Float64Array.from(column) : column;
      if (values instanceof Float64Array && values.length === rows) return values;
      throw wrong(module, `${what} to be a Float64Array with a value for each of ${rows} bars of ${market}, received ${shape(values)}`);
    });
  };
  const full = computed(length);
  for (const rows of new Set([...PREFIXES.map((part) => Math.floor(part * length)), length - 1])) {
    if (rows < 1) continue;
    const part = computed(rows);
    if (part.length !== full.length) {
      throw wrong(
        module,
        `${what} to have as many columns on any bars of ${market}, received ${full.length} on all and ${part.length} on the first ${rows}`,
      );
    }
    for (const [k, column] of full.entries()) {
      const row = part[k]!.findIndex((value, i) => !Object.is(value, column[i]) && value !== column[i]);
      if (row < 0) continue;
      throw wrong(
        module,
        `${what} to know nothing of later bars, received ${column[row]} at the close of ${closeOf(bars, row)} (row ${row}) of ${market} with all ${length} bars and ${part[k]![row]} with the first ${rows} alone; read no bar beyond each row`,
      );
    }
  }
  return full;
}

/** The first bars, copied: what a person's code does to them stays there. */
function prefix(bars: Bars, rows: number): Bars {
  const { openTime, open, high, low, close, volume, ...rest } = sliceBars(bars, 0, rows);
  return {
    ...rest,
    openTime: openTime.slice(),
    open: open.slice(),
    high: high.slice(),
    low: low.slice(),
    close: close.slice(),
    volume: volume.slice(),
  };
}

function shape(value: unknown): string {
  if (value instanceof Promise) return 'a promise';
  if (value instanceof Float64Array || Array.isArray(value)) return `${value.length} values`;
  return ArrayBuffer.isView(value) ? `a ${value.constructor.name}` : (JSON.stringify(value) ?? 'nothing');
}

function closeOf({ openTime, intervalMs }: Bars, row: number): string {
  return isoInstant(openTime[row]! + intervalMs);
}

function failure(module: OwnModule, expected: string, error: unknown): Error {
  // What a wrapped part of it refused is said already.
  if (error instanceof ConfigError) return error;
  const { place, words } = module.describe(error);
  return new ConfigError([`${place}: Expected ${expected}, received ${words}; mend it there`], { cause: error });
}

function wrong({ file }: OwnModule, expected: string): ConfigError {
  return new ConfigError([`${file}: Expected ${expected}`]);
}
