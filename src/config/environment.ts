import type { Problem } from './problem.ts';

/**
 * The `${NAME}` references of a section to variables that are not set. The values themselves stay out of the config, which is
 * printed and stored; a session looks them up when it needs them.
 */
export function unsetVariables(
  section: unknown,
  path: Problem['path'],
  environment: Readonly<Record<string, string | undefined>>,
): Problem[] {
  if (typeof section === 'string') {
    return [...section.matchAll(/\$\{([^}]*)\}/g)]
      .map(([, name = '']) => name)
      .filter((name) => environment[name] === undefined)
      .map((name) => ({
        path,
        part: 'value',
        message: `Expected the environment variable ${name} to be set, received nothing; export it first`,
      }));
  }
  if (typeof section !== 'object' || section === null) return [];
  return Object.entries(section).flatMap(([key, value]) => unsetVariables(value, [...path, key], environment));
}
