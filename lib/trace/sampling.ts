/**
 * Which messages a trace tells of when there are too many: the same ones at every replica, though
 * nobody agrees on it. All see the same messages at about the same rate, and what one of them
 * takes at a coarser step, the others take too.
 *
 * @module
 */

import { TRACE_MESSAGES_PER_WINDOW_MAX, TRACE_WINDOW_MS } from "../limits.ts";

/** Chooses by number. */
export class Sampling {
  #every = 1;
  #window = 0;
  #taken = 0;

  /** Those are told whose number can be divided by this, a power of two. */
  get every(): number {
    return this.#every;
  }

  /** Whether this one is told. */
  takes(n: number): boolean {
    return n % this.#every === 0;
  }

  /**
   * So many more were told at this moment, in milliseconds.
   *
   * @returns whether from now on more or fewer are
   */
  took(count: number, now: number): boolean {
    const before = this.#every;
    const window = Math.floor(now / TRACE_WINDOW_MS);
    if (window !== this.#window) {
      // With half the step there would be twice as many, and that is not to be too many at once.
      const isFew = this.#taken < TRACE_MESSAGES_PER_WINDOW_MAX / 4;
      if (isFew && this.#every > 1) this.#every /= 2;
      this.#window = window;
      this.#taken = 0;
    }
    this.#taken += count;
    if (this.#taken > TRACE_MESSAGES_PER_WINDOW_MAX) {
      this.#every *= 2;
      this.#taken /= 2;
    }
    return this.#every !== before;
  }
}
