import { STATUS_CODES } from 'node:http';
import type { CcxtClient } from './ccxt-client.ts';
import { GarbageError, MissingPageError, PlaceError } from './exchange-error.ts';

/** Statuses of HTTP that ccxt takes for an outage, and that stay. */
const LASTING: Readonly<Record<number, new (message: string) => Error>> = { 403: PlaceError, 404: MissingPageError, 451: PlaceError };

/**
 * Makes a client throw over every answer that is none. What the exchange itself says in words that ccxt knows counts first; then what ccxt knows of
 * the status at this exchange; then the status, in its own words in place of the page that came with it.
 */
export function checkAnswers(client: CcxtClient): void {
  const handleErrors = client.handleErrors.bind(client);
  client.handleErrors = (status, reason, url, method, headers, body, answer, ...rest) => {
    const shaped = typeof answer === 'object' && answer !== null;
    const handle = () => handleErrors(status, reason, url, method, headers, body, answer, ...rest);
    if (status >= 200 && status < 300) {
      // ccxt hands on what is no JSON as if it were an answer.
      if (!shaped) throw new GarbageError('an answer that is no JSON');
      return handle();
    }
    const words = `HTTP ${status} ${reason || (STATUS_CODES[status] ?? '')}`.trim();
    const Known = client.httpExceptions[status] as (new (message: string) => Error) | undefined;
    const Lasting = Known === undefined || Known.name === 'ExchangeNotAvailable' ? LASTING[status] : undefined;
    let handled: unknown;
    try {
      handled = handle();
    } catch (error) {
      // The class of codes that ccxt has no word for.
      if (Lasting && (error as Error).constructor.name === 'ExchangeError') throw new Lasting(words);
      throw error;
    }
    if (Lasting) throw new Lasting(words);
    // ccxt takes some failures for success.
    if (!Known) throw new GarbageError(words);
    if (!shaped) throw new Known(words);
    return handled;
  };
}
