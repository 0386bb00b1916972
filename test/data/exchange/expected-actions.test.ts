import { describe, expect, it } from 'vitest';
import { ACTIONS, actionOf } from '../../../src/data/exchange/actions.ts';
import { GarbageError, MissingPageError, PlaceError } from '../../../src/data/exchange/exchange-error.ts';

type ErrorClass = new (message: string) => Error;
const base = new URL('./src/base/', import.meta.resolve('ccxt'));
const ccxt = (await import(new URL('errors.js', base).href)) as Readonly<Record<string, ErrorClass>>;

/** What is to be done, and what a person reads where it is of no use. By hand, from what exchanges mean by each class. */
const EXPECTED: Readonly<Record<string, readonly [action: string, advice: RegExp]>> = {
  // Passes by itself.
  BaseError: ['retry', /later/],
  ExchangeError: ['retry', /later/],
  OperationFailed: ['retry', /later/],
  ExchangeNotAvailable: ['retry', /later/],
  OnMaintenance: ['retry', /later/],
  InvalidNonce: ['retry', /later/],
  ChecksumError: ['retry', /later/],
  BadResponse: ['retry', /later/],
  NullResponse: ['retry', /later/],
  GarbageError: ['retry', /later/],
  // Lies on the way to the exchange as often as with it.
  NetworkError: ['retry', /connection/],
  RequestTimeout: ['retry', /connection/],
  // Asked too often: a mere second try would be one more.
  RateLimitExceeded: ['wait', /fewer markets/],
  DDoSProtection: ['wait', /fewer markets/],
  // Wrong is what was asked for: exit code 2.
  ArgumentsRequired: ['refuse, 2', /symbol/],
  BadRequest: ['refuse, 2', /symbol/],
  BadSymbol: ['refuse, 2', /symbol/],
  ContractUnavailable: ['refuse, 2', /symbol/],
  NotSupported: ['refuse, 2', /another exchange/],
  // Wants an account, and there is none.
  AuthenticationError: ['refuse, 4', /account/],
  PermissionDenied: ['refuse, 4', /account/],
  AccountNotEnabled: ['refuse, 4', /account/],
  AccountSuspended: ['refuse, 4', /account/],
  // Does not serve this place.
  RestrictedLocation: ['refuse, 4', /country/],
  PlaceError: ['refuse, 4', /country/],
  InvalidProxySettings: ['refuse, 4', /proxy/],
  // The exchange's last word, or one about orders and balances, which nobody has asked about.
  OperationRejected: ['refuse, 4', /another exchange/],
  NoChange: ['refuse, 4', /another exchange/],
  MarginModeAlreadySet: ['refuse, 4', /another exchange/],
  MarketClosed: ['refuse, 4', /another exchange/],
  ManualInteractionNeeded: ['refuse, 4', /another exchange/],
  MissingPageError: ['refuse, 4', /another exchange/],
  InsufficientFunds: ['refuse, 4', /another exchange/],
  InvalidAddress: ['refuse, 4', /another exchange/],
  AddressPending: ['refuse, 4', /another exchange/],
  InvalidOrder: ['refuse, 4', /another exchange/],
  OrderNotFound: ['refuse, 4', /another exchange/],
  OrderNotCached: ['refuse, 4', /another exchange/],
  OrderImmediatelyFillable: ['refuse, 4', /another exchange/],
  OrderNotFillable: ['refuse, 4', /another exchange/],
  DuplicateOrderId: ['refuse, 4', /another exchange/],
  ExchangeClosedByUser: ['refuse, 4', /another exchange/],
  CancelPending: ['refuse, 4', /another exchange/],
  UnsubscribeError: ['refuse, 4', /another exchange/],
};

const classes: Readonly<Record<string, ErrorClass>> = { ...ccxt, GarbageError, MissingPageError, PlaceError };

describe('E1: what is done about an error', () => {
  it.each(Object.entries(EXPECTED))('%s: %s', (name, [expected, advice]) => {
    const action = actionOf(new classes[name]!('x'))!;
    expect(action.kind === 'refuse' ? `refuse, ${action.exitCode}` : action.kind).toBe(expected);
    expect(action.advice).toMatch(advice);
  });

  it('is written down here for every class of the table', () => {
    expect(Object.keys(EXPECTED).sort()).toEqual(Object.keys(ACTIONS).sort());
  });
});
