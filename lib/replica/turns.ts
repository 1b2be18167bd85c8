/**
 * Turns of the event loop: who has much to do leaves room for timers and for the others.
 *
 * @module
 */

import { TICK_MS, TURN_MS_MAX } from "../limits.ts";
import { Fifo } from "../order/fifo.ts";

/**
 * Shares one event loop among many. All that is ready at once would be carried out in one turn of
 * it, however much that is, and a replica whose heartbeat waits so long is taken for dead. So who
 * works asks first, and waits while the replica's own timer is overdue.
 */
export class Turns {
  readonly #waiting = new Fifo<() => void>();
  #tickedAt: number;

  /** Begins at this time, in milliseconds by the clock of all others. */
  constructor(now: number) {
    this.#tickedAt = now;
  }

  /** The replica's timer has come: it comes every `TICK_MS`, unless something keeps it waiting. */
  tick(now: number): void {
    this.#tickedAt = now;
    this.#go(performance.now());
  }

  /**
   * Asks for time to work: null gives it at once; a promise gives it once it is kept, in the order
   * in which it was asked. What is done without waiting is done in that time.
   */
  next(now: number): Promise<void> | null {
    const isOverdue = now - this.#tickedAt > TICK_MS + TURN_MS_MAX;
    if (this.#waiting.length === 0 && !isOverdue) return null;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets one after the other work: each has, when a promise that was made later is kept. */
  #go(began: number): void {
    if (performance.now() - began > TURN_MS_MAX) return;
    const resume = this.#waiting.shift();
    if (resume === undefined) return;
    resume();
    queueMicrotask(() => this.#go(began));
  }
}
