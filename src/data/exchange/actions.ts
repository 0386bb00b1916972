/** What follows from an error of one try, and what a person can do where it stays. */
export type Action =
  /** Passes by itself: asked again after a pause. */
  | { readonly kind: 'retry'; readonly advice: string }
  /** Too many requests: every call of the feed waits. */
  | { readonly kind: 'wait'; readonly advice: string }
  /** Asking again gives the same. The exit code says whose fault it is: 2 what was asked for, 4 the exchange. */
  | { readonly kind: 'refuse'; readonly exitCode: 2 | 4; readonly advice: string };

const retry: Action = { kind: 'retry', advice: 'try again later' };
const unreachable: Action = { kind: 'retry', advice: 'check the connection to the network, or try again later' };
const wait: Action = { kind: 'wait', advice: 'try again later, with fewer markets at once' };
const question: Action = { kind: 'refuse', exitCode: 2, advice: 'check the symbol, the interval and the dates' };
const unsupported: Action = { kind: 'refuse', exitCode: 2, advice: 'take another exchange' };
const account: Action = {
  kind: 'refuse',
  exitCode: 4,
  advice: 'only what is public is read, without an account; take another exchange',
};
const place: Action = { kind: 'refuse', exitCode: 4, advice: 'it may not serve your country or address; take another exchange' };
const rejected: Action = { kind: 'refuse', exitCode: 4, advice: 'try again later, or take another exchange' };

/**
 * Every class of ccxt's tree of errors, and what follows from it. Those about orders and balances have no place in public data: an exchange that
 * answers with one rejects the question. A class of a later version counts as its nearest ancestor here.
 */
export const ACTIONS: Readonly<Record<string, Action>> = {
  BaseError: retry,
  // The exchange's own codes that ccxt has no word for.
  ExchangeError: retry,
  AuthenticationError: account,
  PermissionDenied: account,
  AccountNotEnabled: account,
  AccountSuspended: account,
  ArgumentsRequired: question,
  BadRequest: question,
  BadSymbol: question,
  OperationRejected: rejected,
  NoChange: rejected,
  MarginModeAlreadySet: rejected,
  MarketClosed: rejected,
  ManualInteractionNeeded: rejected,
  RestrictedLocation: place,
  PlaceError: place,
  MissingPageError: rejected,
  InsufficientFunds: rejected,
  InvalidAddress: rejected,
  AddressPending: rejected,
  InvalidOrder: rejected,
  OrderNotFound: rejected,
  OrderNotCached: rejected,
  OrderImmediatelyFillable: rejected,
  OrderNotFillable: rejected,
  DuplicateOrderId: rejected,
  ContractUnavailable: question,
  NotSupported: unsupported,
  InvalidProxySettings: { kind: 'refuse', exitCode: 4, advice: 'check the settings of the proxy' },
  ExchangeClosedByUser: rejected,
  OperationFailed: retry,
  NetworkError: unreachable,
  DDoSProtection: wait,
  RateLimitExceeded: wait,
  ExchangeNotAvailable: retry,
  OnMaintenance: retry,
  InvalidNonce: retry,
  ChecksumError: retry,
  RequestTimeout: unreachable,
  BadResponse: retry,
  NullResponse: retry,
  CancelPending: rejected,
  UnsubscribeError: rejected,
  GarbageError: retry,
};

/**
 * The action for whatever a call threw, by the nearest class in the table. Undefined for errors that are neither ccxt's nor those that its parsers
 * throw over an answer of another shape: such a one is a fault of this program or of the machine, and must be seen.
 */
export function actionOf(error: unknown): Action | undefined {
  if (!(error instanceof Error)) return undefined;
  for (let type: unknown = error.constructor; typeof type === 'function'; type = Object.getPrototypeOf(type)) {
    const action = Object.hasOwn(ACTIONS, type.name) ? ACTIONS[type.name] : undefined;
    if (action) return action;
  }
  // An answer without the fields that the parser reaches into.
  return error instanceof TypeError || error instanceof SyntaxError || error instanceof RangeError ? retry : undefined;
}
