import type { MemoryMap } from './memory-map.ts';

/*
 * The threads of one training: its owner, and while another core has nothing to do, an assistant. Both follow the same list of steps;
 * the owner says between batches whether the next one is worked on by both. They meet at barriers only.
 */

/** Places in the control block, 32-bit integers. */
const WAITING = 0;
const GENERATION = 1;
const ROUND = 2;
const COMMAND = 3;
const COUNT = 4;
const BATCH = 5;
const JOINED = 6;
const LEAVE = 7;
const FINISHED = 8;
/** Never changes: what a nap waits for. */
const NOTHING = 9;
/** ... and of doubles. */
const NUMBERS = 8;

/** Turns of waiting awake, some 40 microseconds: most barriers are as near. */
const TURNS = 20_000;
/**
 * Then naps, milliseconds and their number. Who wakes from a nap does so on a core of its own; a thread that another one wakes is often
 * put on that one's core and waits for it, so that two were no faster than one (measured). Where a core is wanted elsewhere, naps leave it.
 */
const NAP = 0.02;
const NAPS = 500;

/** What is to be done with the batch at hand. */
export const Command = { leave: 0, train: 1, validate: 2 } as const;
export type Command = (typeof Command)[keyof typeof Command];

export interface Control {
  readonly integers: Int32Array;
  /** Room for numbers that the threads tell each other, as doubles. */
  readonly numbers: Float64Array;
}

export function controlOf(memory: WebAssembly.Memory, map: MemoryMap): Control {
  return {
    integers: new Int32Array(memory.buffer, map.control, NUMBERS * 2),
    numbers: new Float64Array(memory.buffer, map.control + NUMBERS * 8, 16),
  };
}

/** One batch as the threads are told of it. */
export interface Order {
  readonly command: Command;
  /** Windows in the batch. */
  readonly count: number;
  /** The batch's number. */
  readonly batch: number;
}

/** A thread among those of a training. */
export interface Member {
  /** Which of the shards are this thread's in the batch at hand. */
  mine(index: number): boolean;
  /** Waits until all threads of the batch have come here. */
  barrier(): void;
}

/** The thread that a training belongs to. */
export interface Owner extends Member {
  /** Starts a batch, with the assistant where one has come. */
  begin(order: Order): void;
  /** Lets the assistant go. */
  finish(): void;
}

export function createOwner({ integers }: Control): Owner {
  let party = 1;
  const call = (command: Command) => {
    integers[COMMAND] = command;
    Atomics.add(integers, ROUND, 1);
    Atomics.notify(integers, ROUND);
  };
  return {
    mine: (index) => party === 1 || index === 0,
    barrier: () => meet(integers, party),
    begin({ command, count, batch }) {
      if (Atomics.load(integers, JOINED) === 1 && Atomics.exchange(integers, LEAVE, 0) === 1) {
        Atomics.store(integers, JOINED, 0);
        call(Command.leave);
      }
      party = Atomics.load(integers, JOINED) === 1 ? 2 : 1;
      if (party === 1) return;
      integers[COUNT] = count;
      integers[BATCH] = batch;
      call(command);
    },
    finish() {
      Atomics.store(integers, FINISHED, 1);
      call(Command.leave);
    },
  };
}

export interface Assistant extends Member {
  /** The next batch to work on; undefined when it is time to leave. */
  next(): Order | undefined;
}

/** Joins a training, from its next batch on. */
export function createAssistant({ integers }: Control): Assistant {
  let round = Atomics.load(integers, ROUND);
  Atomics.store(integers, JOINED, 1);
  return {
    mine: (index) => index === 1,
    barrier: () => meet(integers, 2),
    next() {
      // A training that ended before this thread came will call nobody.
      if (Atomics.load(integers, FINISHED) === 1) return undefined;
      round = waitForChange(integers, ROUND, round);
      const command = integers[COMMAND] as Command;
      return command === Command.leave ? undefined : { command, count: integers[COUNT]!, batch: integers[BATCH]! };
    },
  };
}

/** Asks the assistant to leave between two batches; withdraws what was asked where it is to stay. */
export function askToLeave({ integers }: Control, leave: boolean): void {
  Atomics.store(integers, LEAVE, Number(leave));
}

/** Whether an assistant has come. */
export function hasJoined({ integers }: Control): boolean {
  return Atomics.load(integers, JOINED) === 1;
}

/** Whether the training has ended, so that nobody need come any more. */
export function isFinished({ integers }: Control): boolean {
  return Atomics.load(integers, FINISHED) === 1;
}

function meet(integers: Int32Array, party: number): void {
  if (party === 1) return;
  const generation = Atomics.load(integers, GENERATION);
  if (Atomics.add(integers, WAITING, 1) === party - 1) {
    Atomics.store(integers, WAITING, 0);
    Atomics.add(integers, GENERATION, 1);
    Atomics.notify(integers, GENERATION);
  } else waitForChange(integers, GENERATION, generation);
}

/** Waits until an integer is no longer `value`: awake at first, then in naps, then until it is woken; gives the new one. */
function waitForChange(integers: Int32Array, place: number, value: number): number {
  for (let turn = 0; turn < TURNS; turn++) {
    const current = Atomics.load(integers, place);
    if (current !== value) return current;
  }
  for (let nap = 0; nap < NAPS && Atomics.load(integers, place) === value; nap++) Atomics.wait(integers, NOTHING, 0, NAP);
  while (Atomics.load(integers, place) === value) Atomics.wait(integers, place, value);
  return Atomics.load(integers, place);
}
