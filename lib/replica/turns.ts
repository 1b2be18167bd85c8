/**
 * Turns of the event loop: who has much to do leaves room for timers and for the others.
 *
 * @module
 */

import { TURN_MS_MAX } from "../limits.ts";

/** The clock is read once for so many acts: to read it takes as long as a small one. */
const ACTS_TIMED_TOGETHER = 4;

/**
 * Shares one event loop among many. All that is ready at once would be carried out in one turn of
 * it, however much that is, and a replica whose heartbeat waits so long is taken for dead. So the
 * time that is worked is counted, and when it is enough, timers come first.
 */
export class Turns {
  #workedMs = 0;
  /** Up to when work was counted; null while nobody works. */
  #since: number | null = null;
  #acts = 0;
  #waiting: (() => void)[] = [];

  /**
   * Works, at once or in a later turn. Those who wait are let go together, in the order in which
   * they asked, and work before anything that one of them begins.
   */
  run<T>(act: () => T): T | Promise<T> {
    return this.#isOver ? this.#runLater(act) : this.#work(act);
  }

  get #isOver(): boolean {
    return this.#workedMs >= TURN_MS_MAX;
  }

  async #runLater<T>(act: () => T): Promise<T> {
    while (this.#isOver) {
      // Messages between ports would come sooner, and let no timer through.
      if (this.#waiting.length === 0) setTimeout(() => this.#begin());
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.#work(act);
  }

  #work<T>(act: () => T): T {
    if (this.#since === null) {
      this.#since = performance.now();
      // Comes before the event loop waits for anything.
      queueMicrotask(this.#pause);
    } else if (++this.#acts % ACTS_TIMED_TOGETHER === 0) {
      this.#count(this.#since);
    }
    return act();
  }

  /** From here on nobody works, until somebody does. */
  readonly #pause = (): void => {
    if (this.#since !== null) this.#count(this.#since);
    this.#since = null;
  };

  #count(since: number): void {
    const now = performance.now();
    this.#workedMs += now - since;
    this.#since = now;
  }

  #begin(): void {
    this.#workedMs = 0;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
