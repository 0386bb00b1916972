/** How many problems an error shows; the rest is counted. */
const SHOWN = 5;

/**
 * A bot file or an option that cannot be used: one line per problem, each with its place (`bot.yaml:7:3` or the option), what was
 * expected and what was received. A command that meets one ends with exit code 2.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    const rest = problems.length - SHOWN;
    super([...problems.slice(0, SHOWN), ...(rest > 0 ? [`... and ${rest} more`] : [])].join('\n'), options);
    this.problems = problems;
  }
}
