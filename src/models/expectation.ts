/**
 * Throws a TypeError that says what was expected, at which place (`fit.network.layers[0].units`), and what was received. For what comes from
 * outside: a check looks at every value it names before anything is made of it, and leaves fields that it does not name alone.
 */
export type Check = (value: unknown, at: string) => void;

const CONTROL = /\p{Cc}/u;

export const anything: Check = () => {};

export const number: Check = (value, at) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) refuse('a finite number', value, at);
};

export const boolean: Check = (value, at) => {
  if (typeof value !== 'boolean') refuse('true or false', value, at);
};

/** Something that a terminal can show. */
export const text: Check = (value, at) => {
  if (typeof value !== 'string' || value === '' || CONTROL.test(value)) refuse('a text without control characters', value, at);
};

/** A sha256 as it is written: 64 hexadecimal digits. Nothing else can be part of a path. */
export const digest: Check = (value, at) => {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) refuse('64 hexadecimal digits', value, at);
};

export function whole(least: number, most: number): Check {
  return (value, at) => {
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
      refuse(`a whole number from ${least} to ${most}`, value, at);
    }
  };
}

/** A number from `least` to below `end`. */
export function within(least: number, end: number): Check {
  return (value, at) => {
    if (typeof value !== 'number' || !(value >= least && value < end)) refuse(`a number >= ${least} and < ${end}`, value, at);
  };
}

export function oneOf(words: readonly string[]): Check {
  return (value, at) => {
    if (!words.includes(value as string)) refuse(words.length === 1 ? quoted(words[0]) : `one of ${words.join(', ')}`, value, at);
  };
}

export function optional(check: Check): Check {
  return (value, at) => {
    if (value !== undefined) check(value, at);
  };
}

export function list(check: Check, least = 0): Check {
  return (value, at) => {
    if (!Array.isArray(value) || value.length < least) refuse(least > 0 ? `a list of at least ${least}` : 'a list', value, at);
    (value as unknown[]).forEach((entry, k) => {
      check(entry, `${at}[${k}]`);
    });
  };
}

export function object(fields: Readonly<Record<string, Check>>): Check {
  return (value, at) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) refuse('an object', value, at);
    for (const [name, check] of Object.entries(fields)) check(own(value as object, name), `${at}.${name}`);
  };
}

/** An object whose field `kind` says which of the checks it has to pass. */
export function byKind(checks: Readonly<Record<string, Check>>): Check {
  return (value, at) => {
    object({ kind: oneOf(Object.keys(checks)) })(value, at);
    checks[(value as { kind: string }).kind]!(value, at);
  };
}

// A list, a text or an object may go this deep; plain data never comes near.
const DEEPEST = 64;

/** Nothing but finite numbers and texts that a terminal can show, however deep: what fields that no check names must hold to as well. */
export function plain(value: unknown, at: string, depth = 0): void {
  if (depth > DEEPEST) refuse(`at most ${DEEPEST} levels`, 'more', at);
  if (typeof value === 'number') number(value, at);
  if (typeof value === 'string' && CONTROL.test(value)) refuse('a text without control characters', value, at);
  if (value === null || typeof value !== 'object') return;
  for (const [name, inner] of Object.entries(value)) {
    plain(name, `${at}, a name`, depth + 1);
    plain(inner, Array.isArray(value) ? `${at}[${name}]` : `${at}.${name}`, depth + 1);
  }
}

/** Throws the TypeError. */
export function refuse(expected: string, received: unknown, at: string): never {
  throw new TypeError(`Expected ${expected} at ${at}, received ${quoted(received)}`);
}

// `toString` and the like are no fields.
function own(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function quoted(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const said = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return said.length > 60 ? `${said.slice(0, 60)}...` : said;
}
