/** Which fit serves which slot. A slot is the number of the expected bar since the anchor; missing bars count. Nothing is requested before it. */
export interface Schedule {
  /** Slots between requests. */
  readonly retrain: number;
  /** A fit requested at slot t first serves the decision at t + delay; 0 is optimistic. */
  readonly delay: number;
  /** ... and last the one at t + maxAge. */
  readonly maxAge: number;
}

/** Throws a TypeError that names the number out of range. */
export function createSchedule({
  retrain,
  delay = 1,
  maxAge = 2 * retrain + delay,
}: {
  retrain: number;
  delay?: number;
  maxAge?: number;
}): Schedule {
  if (!Number.isInteger(retrain) || retrain < 1)
    throw new TypeError(`Expected schedule.retrain to be a whole number of bars >= 1, received ${retrain}`);
  if (!Number.isInteger(delay) || delay < 0)
    throw new TypeError(`Expected schedule.delay to be a whole number of bars >= 0, received ${delay}`);
  if (!Number.isInteger(maxAge) || maxAge < delay) {
    throw new TypeError(`Expected schedule.maxAge to be a whole number of bars >= delay (${delay}), received ${maxAge}`);
  }
  return { retrain, delay, maxAge };
}

/** The latest slot up to `slot` at which a fit is requested (a multiple of `retrain`); negative where there is none. */
export function latestRequest(schedule: Schedule, slot: number): number {
  return Math.floor(slot / schedule.retrain) * schedule.retrain;
}

/** Whether a fit requested at `requested` may serve the decision at `slot`. */
export function serves(schedule: Schedule, requested: number, slot: number): boolean {
  return requested + schedule.delay <= slot && slot <= requested + schedule.maxAge;
}
