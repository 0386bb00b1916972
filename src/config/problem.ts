import type { z } from 'zod';
import { nearestName } from '../core/nearest.ts';
import type { Path } from './position.ts';
import { RATE_WORDS, rateReadings } from './rate.ts';

/** One thing wrong with a bot file, before it is known on which line. */
export interface Problem {
  readonly path: Path;
  /** Whether the key itself is wrong, or its value. */
  readonly part: 'key' | 'value';
  readonly message: string;
}

/** What is wrong with a value that is fine by itself. */
export function valueProblem(path: Path, message: string): Problem {
  return { path, part: 'value', message };
}

type Issue = z.core.$ZodIssue;

/** The `error` to parse with: one line per unknown key, in the order of the issue's keys. */
export function unknownKeyWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined;
  const known = Object.keys((issue.inst as z.ZodObject | undefined)?.shape ?? {});
  return issue.keys.map((key) => unknownName('key', key, known)).join('\n');
}

/** `Unknown key "capitol"; did you mean "capital"?`, or the known names where none is near. */
export function unknownName(noun: string, name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return `Unknown ${noun} ${JSON.stringify(name)}; ${nearest ? `did you mean "${nearest}"?` : `known here: ${known.join(', ')}`}`;
}

/** What is wrong with `raw`, in words, by the issues its schema found. */
export function problemsOf(issues: readonly Issue[], raw: unknown): Problem[] {
  return issues.flatMap((issue) => problemsAt(issue, [], raw));
}

function problemsAt(issue: Issue, prefix: Path, raw: unknown): Problem[] {
  const path = [...prefix, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  const value = valueAt(raw, path);
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n');
    return issue.keys.map((key, k) => ({ path: [...path, key], part: 'key', message: messages[k] ?? '' }));
  }
  if (issue.code === 'invalid_union') {
    const branch = meantBranch(issue.errors, value);
    if (branch) return branch.flatMap((inner) => problemsAt(inner, path, raw));
  }
  return [{ path, part: 'value', message: expectation(path, issue.message, value) }];
}

/** The alternative a value was meant to be: the one whose own form it has; for a text, the one that lists texts. */
function meantBranch(branches: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | undefined {
  const isRoot = (issue: Issue) => issue.path.length === 0 && issue.code !== 'unrecognized_keys';
  const formed = branches.filter((issues) => !issues.some(isRoot));
  if (formed.length > 0) return formed[0];
  return typeof value === 'string' ? branches.find((issues) => issues.some((issue) => issue.code === 'invalid_value')) : undefined;
}

function expectation(path: Path, expected: string, value: unknown): string {
  const message = `Expected ${pathName(path)} to be ${expected}, received ${shown(path, value)}`;
  if (typeof value === 'number' && expected.startsWith(RATE_WORDS)) {
    const [percent, fraction] = rateReadings(value);
    return `${message}; write ${percent === fraction ? `"${percent}"` : `"${percent}" or "${fraction}"`}`;
  }
  const choices = /^one of (.+)$/.exec(expected)?.[1]?.split(', ');
  const nearest = choices && typeof value === 'string' ? nearestName(value, choices) : undefined;
  return nearest ? `${message}; did you mean "${nearest}"?` : message;
}

/** A path as people write it: `markets[0].type`. */
export function pathName(path: Path): string {
  return path.map((step, k) => (/^\d+$/.test(String(step)) ? `[${step}]` : k === 0 ? step : `.${step}`)).join('') || 'the bot file';
}

/** What was received; of the paper section, which may hold secrets, only its type. */
function shown(path: Path, value: unknown): string {
  if (value === undefined) return 'nothing';
  if (path[0] === 'paper')
    return value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a section' : `a ${typeof value}`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function valueAt(raw: unknown, path: Path): unknown {
  let value = raw;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
