/**
 * Turns of the event loop: who has much to do leaves room for timers and for the others.
 *
 * @module
 */

import { TURN_MS_MAX } from "../limits.ts";
import { Fifo } from "../order/fifo.ts";

/**
 * Shares one event loop among many. All that is ready at once would be carried out in one turn of
 * it, however much that is, and a replica whose heartbeat waits so long is taken for dead.
 */
export class Turns {
  readonly #waiting = new Fifo<() => void>();
  #beganAt = 0;
  #begun = false;

  /**
   * Asks for time to work: null gives it at once; a promise gives it once it is kept, in the order
   * in which it was asked. What is done without waiting is done in that time.
   */
  next(): Promise<void> | null {
    if (!this.#begun) this.#begin();
    if (this.#waiting.length === 0 && !this.#isOver()) return null;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #isOver(): boolean {
    return performance.now() - this.#beganAt >= TURN_MS_MAX;
  }

  #begin(): void {
    this.#begun = true;
    this.#beganAt = performance.now();
    // Messages between ports would come sooner, and let no timer through.
    setTimeout(() => {
      this.#begun = false;
      if (this.#waiting.length === 0) return;
      this.#begin();
      this.#go();
    });
  }

  /** Lets the next one work; it has done so when a promise that was made later is kept. */
  #go(): void {
    if (this.#isOver()) return;
    const resume = this.#waiting.shift();
    if (resume === undefined) return;
    resume();
    queueMicrotask(() => this.#go());
  }
}
