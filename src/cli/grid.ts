import { parse, YAMLError } from 'yaml';
import { ConfigError } from '../config/config-error.ts';
import type { Override } from '../config/override.ts';

/** One axis of a grid: a path of the bot file, and the values it takes. */
export interface Axis {
  readonly path: string;
  /** Paths that take the same values with it. */
  readonly also?: readonly string[];
  readonly values: readonly unknown[];
}

/** Sections that can change without another forecast. */
const SWEPT = ['strategy', 'costs', 'guards', 'sizing', 'orders', 'volumeCap', 'fill'];
const RANGE = /^(-?\d+)\.\.(-?\d+)(?::(\d+))?$/;
/** More cells than anyone reads, or should try. */
const MOST_CELLS = 20_000;

/** The axis that `--grid path=values` means: values between commas, or whole numbers as `from..to:step`. Throws a ConfigError. */
export function parseAxis(text: string): Axis {
  const equals = text.indexOf('=');
  const path = text.slice(0, Math.max(equals, 0));
  const given = text.slice(equals + 1).trim();
  const root = path.split('.')[0]!;
  if (path === '' || given === '') {
    throw new ConfigError([
      `--grid: Expected path=values such as strategy.enter=0.1%,0.2% or strategy.fast=5..50:5, received ${JSON.stringify(text)}`,
    ]);
  }
  if (!SWEPT.includes(root)) {
    throw new ConfigError([
      `--grid ${path}: Expected a value that changes no forecast, in one of ${SWEPT.join(', ')}, received one of ${root}`,
    ]);
  }
  const range = RANGE.exec(given);
  if (range) return { path, values: whole(path, Number(range[1]), Number(range[2]), Number(range[3] ?? 1)) };
  try {
    return { path, values: parse(`[${given}]`, { prettyErrors: false }) as unknown[] };
  } catch (error) {
    if (!(error instanceof YAMLError)) throw error;
    throw new ConfigError([`--grid ${path}: Expected YAML values between commas, received ${JSON.stringify(given)}`]);
  }
}

function whole(path: string, from: number, to: number, step: number): readonly number[] {
  if (!(step >= 1 && to >= from))
    throw new ConfigError([`--grid ${path}: Expected from..to:step that goes upwards, received ${from}..${to}:${step}`]);
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, k) => from + k * step);
}

/** Every combination of the axes' values, the last axis fastest. Throws a ConfigError where there are too many. */
export function cellsOf(axes: readonly Axis[]): readonly (readonly unknown[])[] {
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  if (count > MOST_CELLS) throw new ConfigError([`--grid: Expected at most ${MOST_CELLS} cells, received ${count}; take values out`]);
  return axes.reduce<readonly (readonly unknown[])[]>(
    (cells, { values }) => cells.flatMap((cell) => values.map((value) => [...cell, value])),
    [[]],
  );
}

export function overridesOf(axes: readonly Axis[], cell: readonly unknown[]): readonly Override[] {
  return axes.flatMap(({ path, also = [] }, k) =>
    [path, ...also].map((one) => ({ option: `--grid ${one}`, path: one.split('.'), value: cell[k] })),
  );
}
