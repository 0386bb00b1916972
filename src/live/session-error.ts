/** What a session refuses: it is held by another process, damaged, of a newer program, of another bot, or the clock is wrong. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  /** Whether it may pass by itself, so that a later tick can go on. */
  readonly passing: boolean;

  constructor(message: string, { passing = false }: { readonly passing?: boolean } = {}) {
    super(message);
    this.passing = passing;
  }
}
