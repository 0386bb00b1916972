/** What a session refuses: it is held by another process, damaged, of a newer program, of another bot, or the clock is wrong. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
}
