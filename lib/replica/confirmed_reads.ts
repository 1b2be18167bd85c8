/**
 * The linearizable reads of a replica's clients: numbered as they come, ready when the core has
 * confirmed them and what they must see is applied.
 *
 * @module
 */

import { Fifo } from "../order/fifo.ts";

/** The linearizable reads of one replica. */
export class ConfirmedReads {
  #last = 0;
  #ready = 0;
  #isNews = false;
  /** Confirmed up to `read`, ready when `index` is applied. */
  readonly #confirmed = new Fifo<{ readonly read: number; readonly index: number }>();

  /** The number of a read that has come now. */
  next(): number {
    return ++this.#last;
  }

  /** The core has confirmed reads. */
  add(confirmed: { readonly read: number; readonly index: number }): void {
    this.#confirmed.push(confirmed);
    this.#isNews = true;
  }

  /** Whether reads were confirmed since this was asked last. */
  news(): boolean {
    const isNews = this.#isNews;
    this.#isNews = false;
    return isNews;
  }

  /** Whether this read can be answered, given how far this replica has applied. */
  isReady(read: number, applied: number): boolean {
    for (let next = this.#confirmed.first(); next; next = this.#confirmed.first()) {
      if (next.index > applied) break;
      this.#confirmed.shift();
      this.#ready = next.read;
    }
    return read <= this.#ready;
  }
}
