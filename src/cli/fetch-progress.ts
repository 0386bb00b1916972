import { SingleBar } from 'cli-progress';
import type { DownloadProgress } from '../data/exchange/download.ts';
import { count } from '../report/format.ts';
import { type Host, print } from './host.ts';

/** Without a terminal, a line so often, ms. */
const LINE_EVERY = 5000;

export interface FetchProgress {
  show(progress: DownloadProgress): void;
  /** Clears the bar; nothing is shown afterwards. */
  close(): void;
}

/** The downloads of one command, on stderr: on a terminal one bar over all of them, elsewhere a line every few seconds. */
export function createFetchProgress(host: Host): FetchProgress {
  const markets = new Map<string, DownloadProgress>();
  const started = host.now();
  const words = () => {
    let [done, expected] = [0, 0];
    for (const progress of markets.values()) {
      done += progress.done;
      expected += progress.expected;
    }
    const left = done > 0 && done < expected ? ((host.now() - started) / done) * (expected - done) : undefined;
    const text = `${count(Math.floor(done))} of ${count(expected)} bars${left === undefined ? '' : `, ${duration(left)} left`}`;
    return { share: expected > 0 ? done / expected : 1, text };
  };
  if (!host.stderr.isTTY) {
    let last = started;
    return {
      show(progress) {
        markets.set(progress.market, progress);
        if (host.now() - last < LINE_EVERY) return;
        last = host.now();
        print(host.stderr, `Fetched ${words().text}`);
      },
      close() {},
    };
  }
  const bar = new SingleBar({
    stream: host.stderr,
    clearOnComplete: true,
    hideCursor: true,
    linewrap: false,
    fps: 10,
    format: (_options, { progress }, { text = '' }) => {
      const full = Math.round(progress * 24);
      return `${'█'.repeat(full)}${'░'.repeat(24 - full)} ${text}`.slice(0, (host.stderr.columns ?? 80) - 1);
    },
  });
  bar.start(1, 0, { text: '' });
  return {
    show(progress) {
      markets.set(progress.market, progress);
      const { share, text } = words();
      bar.update(share, { text });
    },
    close: () => bar.stop(),
  };
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}
