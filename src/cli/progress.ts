import { type Options, SingleBar } from 'cli-progress';
import type { LabProgress } from '../lab/training.ts';
import type { Progress } from '../walk/fit-source.ts';
import type { Host } from './host.ts';
import { print } from './host.ts';

/** Models that take no time worth showing. */
const INSTANT = ['persistence', 'drift', 'majority'];

/** Steps of the bar per fold, so that epochs move it too. */
const STEPS = 1000;

export interface ProgressView<P = Progress> {
  show(progress: P): void;
  /** Clears the bar; nothing is shown afterwards. */
  close(): void;
}

/**
 * Training as it goes, on stderr: on a terminal one bar over the folds, with the newest epoch, its losses and the time left; elsewhere one line
 * per trained fold.
 */
export function createProgress(host: Host): ProgressView {
  const view = host.stderr.isTTY ? bar(host) : lines(host);
  return {
    show(progress) {
      if (!INSTANT.includes(progress.model)) view.show(progress);
    },
    close: view.close,
  };
}

/** The trainings of an experiment: on a terminal one bar over all of them, elsewhere one line for each. */
export function createLabProgress(host: Host): ProgressView<LabProgress> {
  if (host.stderr.isTTY) {
    const view = bar(host);
    return {
      show: ({ phase, market, fit, fits, epoch, cached }) =>
        view.show({
          phase,
          market,
          model: 'training',
          fold: fit,
          folds: fits,
          ...(epoch && { epoch }),
          ...(cached !== undefined && { cached }),
        }),
      close: view.close,
    };
  }
  return {
    show({ model, market, seed, fit, fits, epoch, cached }) {
      if (!epoch && cached === false) print(host.stderr, `Trained ${model} on ${market}, seed ${seed} (${fit} of ${fits})`);
    },
    close() {},
  };
}

function lines(host: Host): ProgressView {
  return {
    show({ model, market, fold, folds, epoch, cached }) {
      if (epoch || cached !== false) return;
      print(host.stderr, `Trained ${model} on ${market}, fold ${fold} of ${folds}`);
    },
    close() {},
  };
}

function bar(host: Host): ProgressView {
  const options: Options = {
    stream: host.stderr,
    clearOnComplete: true,
    hideCursor: true,
    linewrap: false,
    fps: 10,
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    format: (_options, { progress }, { words = '' }) => {
      const width = (host.stderr.columns ?? 80) - 1;
      const full = Math.round(progress * 24);
      return `${'█'.repeat(full)}${'░'.repeat(24 - full)} ${words}`.slice(0, width);
    },
  };
  let single: SingleBar | undefined;
  let model = '';
  let started = 0;
  // The share of every fold that is done; several may be under way.
  const done = new Map<number, number>();
  let found = 0;
  const stop = () => {
    single?.stop();
    single = undefined;
  };
  return {
    show(progress) {
      const { fold, folds, epoch, cached } = progress;
      // A fold that starts again belongs to another round.
      if (model !== progress.model || !single || (epoch?.epoch === 1 && done.get(fold) === 1)) {
        stop();
        done.clear();
        found = 0;
        model = progress.model;
        started = host.now();
        single = new SingleBar(options);
        single.start(folds * STEPS, 0, { words: `${model} 0/${folds} fits` });
      }
      done.set(fold, epoch ? epoch.epoch / (epoch.epochs + 1) : 1);
      // What was found rather than trained says nothing about the time that training takes.
      if (cached) {
        found++;
        started = host.now();
      }
      let [total, whole] = [0, 0];
      for (const share of done.values()) {
        total += share;
        if (share === 1) whole++;
      }
      const left = total > found && total < folds ? ((host.now() - started) / (total - found)) * (folds - total) : undefined;
      const loss = epoch
        ? `, loss ${epoch.loss.toFixed(4)}${epoch.validationLoss === null ? '' : `, validation ${epoch.validationLoss.toFixed(4)}`}`
        : '';
      const parts = [
        `${model} ${whole}/${folds} fits`,
        // Of several under way, the one that has reported.
        ...(epoch ? [`fit ${fold} epoch ${String(epoch.epoch).padStart(String(epoch.epochs).length)}/${epoch.epochs}${loss}`] : []),
        ...(left === undefined ? [] : [`${duration(left)} left`]),
      ];
      single.update(Math.round(total * STEPS), { words: parts.join('  ') });
    },
    close: stop,
  };
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}
