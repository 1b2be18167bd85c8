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
  #spentMs = 0;
  #begun = false;

  /** Carries the work out, now or in a later turn, in the order in which it was asked. */
  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      this.#go();
    });
  }

  #go(): void {
    if (!this.#begun) this.#begin();
    const began = performance.now();
    const left = TURN_MS_MAX - this.#spentMs;
    let spent = 0;
    while (this.#waiting.length > 0 && spent < left) {
      this.#waiting.shift()?.();
      spent = performance.now() - began;
    }
    this.#spentMs += spent;
  }

  #begin(): void {
    this.#begun = true;
    this.#spentMs = 0;
    // Messages between ports would come sooner, and let no timer through.
    setTimeout(() => {
      this.#begun = false;
      if (this.#waiting.length > 0) this.#go();
    });
  }
}
