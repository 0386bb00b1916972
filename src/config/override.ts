import { parse, YAMLError } from 'yaml';
import { ConfigError } from './config-error.ts';
import { MODULE_PATH } from './module.ts';
import type { Path } from './position.ts';

/** A value from the command line that replaces one of a bot file. */
export interface Override {
  /** Such as `--set costs.taker`: what errors name in place of a line. The value is left out, it may be a secret. */
  readonly option: string;
  readonly path: Path;
  readonly value: unknown;
}

/** The override that `--set path=value` means; the value is read as YAML. Throws a ConfigError that names the option. */
export function parseOverride(text: string): Override {
  const equals = text.indexOf('=');
  const path = text.slice(0, Math.max(equals, 0)).split('.');
  if (path.some((step) => step.trim() === '')) {
    throw new ConfigError([`--set: Expected path=value such as costs.taker=0.2%, received ${JSON.stringify(text)}`]);
  }
  const option = `--set ${path.join('.')}`;
  try {
    return { option, path, value: parse(text.slice(equals + 1), { prettyErrors: false }) };
  } catch (error) {
    if (!(error instanceof YAMLError)) throw error;
    throw new ConfigError([`${option}: Expected a YAML value after the =, received other text (${error.message.split('\n')[0]})`]);
  }
}

/** Where a name alone is the short form of a section with that kind. */
const SHORT = /^(model|strategy|strategy\.signal|model\.\d+|experiment\.models\.\d+)$/;

/** Writes overrides into the raw data of a bot file, in their order. Throws a ConfigError where a path leads through a plain value. */
export function applyOverrides(raw: Record<string, unknown>, overrides: readonly Override[]): void {
  for (const { option, path, value } of overrides) {
    const last = String(path.at(-1));
    let section = raw;
    path.slice(0, -1).forEach((step, depth) => {
      let next = Object.hasOwn(section, step) ? section[step] : undefined;
      if (typeof next === 'string' && SHORT.test(path.slice(0, depth + 1).join('.')))
        next = MODULE_PATH.test(next) ? { module: next } : { kind: next };
      next ??= {};
      const inside = String(path[depth + 1]);
      if (Array.isArray(next) && !(/^\d+$/.test(inside) && Number(inside) <= next.length)) {
        const where = path.slice(0, depth + 1).join('.');
        const range = next.length === 0 ? '0' : `0 to ${next.length}`;
        throw new ConfigError([`${option}: Expected ${where}.${range} inside of the list ${where}, received ${inside}`]);
      }
      if (typeof next !== 'object') {
        const where = path.slice(0, depth + 1).join('.');
        throw new ConfigError([`${option}: Expected ${where} to be a section, received ${JSON.stringify(next)}`]);
      }
      define(section, String(step), next);
      section = next as Record<string, unknown>;
    });
    define(section, last, value);
  }
}

/** An own property, whatever its name; assignment would run the setter of `__proto__`. */
function define(section: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(section, name, { value, writable: true, enumerable: true, configurable: true });
}
