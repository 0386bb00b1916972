import type { Problem } from './problem.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\{([^}]*)\}/g;

/**
 * The `${NAME}` references of a section to variables that are not set, or empty. The values themselves stay out of the config, which is
 * printed and stored; a session looks them up when it begins, and nothing else needs them.
 */
export function unsetVariables(section: unknown, path: Problem['path'], environment: Environment): Problem[] {
  if (typeof section === 'string') {
    return [...section.matchAll(REFERENCE)]
      .map(([, name = '']) => name)
      .filter((name) => lookedUp(name, environment) === '')
      .map((name) => ({
        path,
        part: 'value',
        message: `Expected the environment variable ${name} to be set, received nothing; export it first`,
      }));
  }
  if (typeof section !== 'object' || section === null) return [];
  return Object.entries(section).flatMap(([key, value]) => unsetVariables(value, [...path, key], environment));
}

/** A text with its `${NAME}` references replaced by what they stand for: possibly a secret from here on. */
export function substituted(text: string, environment: Environment): string {
  return text.replace(REFERENCE, (_, name: string) => lookedUp(name, environment));
}

function lookedUp(name: string, environment: Environment): string {
  return (Object.hasOwn(environment, name) ? environment[name] : undefined) ?? '';
}
