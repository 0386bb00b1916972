/**
 * What an exchange did not give: what was expected, what was received, and what to do, without a stack. `exitCode` is 2 where what was asked for
 * was wrong (no such exchange, market or interval), 4 where the outside world failed after all tries.
 */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly exitCode: 2 | 4;

  constructor(message: string, exitCode: 2 | 4) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The exchange does not serve whoever asks from here. */
export class PlaceError extends Error {
  override readonly name = 'PlaceError';
}

/** The exchange knows no such address. */
export class MissingPageError extends Error {
  override readonly name = 'MissingPageError';
}

/** An answer that is none: no JSON, too long, of another market, without its numbers. Asked for again, since such things pass. */
export class GarbageError extends Error {
  override readonly name = 'GarbageError';
}
