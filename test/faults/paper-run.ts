import { once } from 'node:events';
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { readCsv } from '../../src/data/csv.ts';
import type { CrashPoint } from '../../src/live/live-session.ts';
import { type Answer, paperwalk } from '../cli/recorded-host.ts';
import { type Exchange, startExchange } from '../exchange/server.ts';
import { virtualTime } from '../support/virtual-time.ts';
import { BAR, type Scene } from './paper-scene.ts';

/** One process of a session: from where the clock of its workspace stands until `end`, ms UTC. */
export interface PaperRun extends Scene {
  readonly workspace: string;
  /** The file that the time is kept in; by default beside the workspace. */
  readonly clock?: string;
  readonly end: number;
  /** How long the clock went on while no process ran, ms; 0: it stood still. */
  readonly down?: number;
  /** The process is killed at this place of the first tick at this instant or later. */
  readonly crash?: { readonly point: CrashPoint; readonly at: number };
  /** A file for every byte that is sent to the exchange. */
  readonly tap?: string;
}

export interface RunHooks {
  readonly signal?: AbortSignal;
  /** Before each scheduled tick, at an instant in ms UTC. */
  readonly onTick?: (at: number) => void;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** What lies between a session and its exchange, and writes down all that goes there. */
async function tapped(url: string, file: string): Promise<{ readonly url: string; close(): void }> {
  const wire = createServer((socket) => {
    const exchange = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('data', (bytes) => appendFileSync(file, bytes));
    socket.pipe(exchange).pipe(socket);
    for (const end of [socket, exchange]) end.on('error', () => undefined);
  });
  wire.listen(0, '127.0.0.1');
  await once(wire, 'listening');
  return { url: `http://127.0.0.1:${(wire.address() as AddressInfo).port}`, close: () => void wire.close() };
}

/** The client without its pace of 50 ms a request, which the exchange here does not ask for. */
async function withoutPace(): Promise<void> {
  const { default: Client } = (await import(new URL('./src/binance.js', import.meta.resolve('ccxt')).href)) as {
    readonly default: { readonly prototype: { throttle: () => Promise<void> } };
  };
  Client.prototype.throttle = async () => undefined;
}

const clockFile = ({ workspace, clock = `${workspace}.clock` }: Pick<PaperRun, 'workspace' | 'clock'>) => clock;

/** What the clock of a session stands at, ms UTC. */
export function clockOf(run: Pick<PaperRun, 'workspace' | 'clock' | 'begin'>): number {
  return existsSync(clockFile(run)) ? Number(readFileSync(clockFile(run), 'utf8')) : run.begin;
}

/** The ledger of a scene's session. */
export function ledgerOf(workspace: string): string {
  return join(workspace, 'sessions', 'paper.sqlite');
}

/**
 * Runs the command `paper` against a local exchange, in time that passes from tick to tick and stands still in between, as long as the signal lets it
 * or until the end; the command then answers 130.
 */
export async function runPaper(
  run: PaperRun,
  { signal, onTick, environment }: RunHooks = {},
): Promise<Answer & { readonly calls: ReturnType<Exchange['calls']> }> {
  const { workspace, end, down = 0, crash, tap } = run;
  await withoutPace();
  const time = virtualTime(clockOf(run) + down);
  const { bars } = await readCsv(run.bars, { market: 'BTC/USDT', intervalMs: BAR });
  const exchange = await startExchange({ dialect: 'binance', markets: [{ symbol: 'BTC/USDT', bars }], now: time.now });
  const wire = tap === undefined ? undefined : await tapped(exchange.url, tap);
  const stop = new AbortController();
  signal?.addEventListener('abort', () => stop.abort(), { once: true });
  if (!existsSync(clockFile(run))) writeFileSync(clockFile(run), String(run.begin));
  const clock = openSync(clockFile(run), 'r+');
  // As many digits as before in one write: whoever is killed leaves the old time or the new one.
  const stands = (at: number) => void writeSync(clock, String(at), 0);
  stands(time.now());
  try {
    const { schedule } = time;
    const answer = await paperwalk(['paper', run.bot, '--workspace', workspace], {
      now: time.now,
      sleep: time.sleep,
      signal: stop.signal,
      environment: { ...environment, PAPERWALK_EXCHANGE_URL: wire?.url ?? exchange.url },
      schedule: schedule(
        end,
        () => stop.abort(),
        async (at) => {
          stands(at);
          onTick?.(at);
        },
      ),
      ...(crash && {
        crashPoint: (name: CrashPoint) => {
          if (name === crash.point && time.now() >= crash.at) process.kill(process.pid, 'SIGKILL');
        },
      }),
    });
    return { ...answer, calls: exchange.calls() };
  } finally {
    closeSync(clock);
    wire?.close();
    await exchange.close();
  }
}
