const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** The length of an interval such as `1m`, `4h`, `1d`, `1w` in ms. Throws a TypeError on anything else. */
export function intervalMs(text: string): number {
  const match = /^([1-9]\d*)([mhdw])$/.exec(text);
  if (!match) throw new TypeError(`Expected an interval such as 1m, 15m, 1h, 4h, 1d or 1w, received ${JSON.stringify(text)}`);
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
}

/** The shortest name of an interval of `ms` milliseconds, the inverse of intervalMs. */
export function intervalName(ms: number): string {
  for (const unit of ['w', 'd', 'h', 'm'] as const) {
    if (ms > 0 && ms % UNITS[unit] === 0) return `${ms / UNITS[unit]}${unit}`;
  }
  throw new TypeError(`Expected an interval of whole minutes in ms, received ${ms}`);
}
