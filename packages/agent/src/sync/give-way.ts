/**
 * Resets go first: while one is under way, synchronisation waits between two steps. The count of resets lies in
 * memory that both threads see, so that asking costs nothing.
 */

/** In ms. A hung controller must not keep people from being kept up to date. */
const LONGEST_WAIT = 2_000;
const LOOK_AGAIN = 20;
/** An offer is followed by its request, and a person by the next one: it is not worth beginning in between. */
const STILL_AFTER = 250;

export class ResetsUnderWay {
  readonly shared: SharedArrayBuffer;
  readonly #count: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.shared = shared;
    this.#count = new Int32Array(shared);
  }

  /** Counts for as long as the work goes on, and a moment longer. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    Atomics.add(this.#count, 0, 1);
    try {
      return await work();
    } finally {
      setTimeout(() => {
        Atomics.sub(this.#count, 0, 1);
        Atomics.notify(this.#count, 0);
      }, STILL_AFTER).unref();
    }
  }

  /** Blocks the thread, and so is for a worker. */
  waitForThem(): void {
    for (let waited = 0; waited < LONGEST_WAIT; waited += LOOK_AGAIN) {
      const count = Atomics.load(this.#count, 0);
      if (count === 0) return;
      Atomics.wait(this.#count, 0, count, LOOK_AGAIN);
    }
  }
}
