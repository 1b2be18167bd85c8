/**
 * Turns of the event loop: who has much to do leaves room for timers and for the others.
 *
 * @module
 */

import { TURN_MS_MAX } from "../limits.ts";

/**
 * Shares one event loop among many. All that is ready at once would be carried out in one turn of
 * it, however much that is, and a replica whose heartbeat waits so long is taken for dead.
 */
export class Turns {
  #began = 0;
  #over: Promise<void> | null = null;

  /** Resolves when the caller may go on for a moment: now, or in a later turn. */
  async take(): Promise<void> {
    for (;;) {
      this.#over ??= this.#begin();
      if (performance.now() - this.#began < TURN_MS_MAX) return;
      await this.#over;
    }
  }

  #begin(): Promise<void> {
    this.#began = performance.now();
    return new Promise((resolve) => {
      setTimeout(() => {
        this.#over = null;
        resolve();
      });
    });
  }
}
