// What the processes of the training benchmark share: they answer one request after the other until their parent goes.

/** Answers requests by their kind; an error is an answer too. */
export function answer(handlers) {
  process.on('message', async ({ kind, ...request }) => {
    try {
      process.send(await handlers[kind](request));
    } catch (error) {
      process.send({ error: error.message.split('\n')[0] });
    }
  });
  process.on('disconnect', () => process.exit());
}

/** Seconds of every epoch so far. `end` is to be called after each epoch: it says whether the limit is reached (see TurnLimit). */
export function epochClock({ measured, warmUp }) {
  let last = performance.now();
  const seconds = [];
  return {
    seconds,
    end() {
      const now = performance.now();
      seconds.push((now - last) / 1000);
      last = now;
      const [first, ...rest] = seconds;
      return first >= warmUp || rest.reduce((sum, one) => sum + one, 0) >= measured;
    },
  };
}

/** Milliseconds of single calls, after some that warm up; at most `limit` seconds. */
export function timeCalls(call, calls, limit) {
  const begin = performance.now();
  for (let k = 0; k < calls / 10 && performance.now() - begin < 500 * limit; k++) call();
  const milliseconds = [];
  while (milliseconds.length < calls && performance.now() - begin < 1000 * limit) {
    const start = performance.now();
    call();
    milliseconds.push(performance.now() - start);
  }
  return milliseconds;
}
