/**
 * A message that was not taken, in words without a secret. It never carries a `cause`: errors of the network quote addresses, and whoever prints
 * this one would print them too.
 */
export class NotifierError extends Error {
  override readonly name = 'NotifierError';
  /** How long the other side asked to wait, ms; undefined where it did not. */
  readonly retryAfterMs: number | undefined;

  constructor(channel: string, received: string, advice: string, retryAfterMs?: number) {
    super(`Expected ${channel} to take a message, received ${received}; ${advice}`);
    this.retryAfterMs = retryAfterMs;
  }
}
