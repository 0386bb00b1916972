import type { LearnerKind } from '../model.ts';
import type { Network, Training } from '../network.ts';
import type { Samples, Trained } from '../trainer.ts';
import { learners } from './learners.ts';

/** What a worker thread is asked to fit. */
export interface LearnerTask {
  readonly kind: LearnerKind;
  readonly network: Network;
  readonly samples: Samples;
  readonly training: Training;
}

export default function work({ kind, network, samples, training }: LearnerTask): Promise<Trained> {
  return learners[kind].fit(network, samples, training, {});
}
