/** One thing that doctor looked at. */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly message: string;
  /** How to mend it; absent where nothing is wrong. */
  readonly mend?: string;
}

export function ok(name: string, message: string): Check {
  return { name, status: 'ok', message };
}

export function warn(name: string, message: string, mend: string): Check {
  return { name, status: 'warn', message, mend };
}

export function fail(name: string, message: string, mend: string): Check {
  return { name, status: 'fail', message, mend };
}
