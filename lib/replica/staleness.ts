/**
 * How old a replica's reads may be: since when it lacks the first entry of which it knows that it
 * lacks it, or has been out of a working view, where it learns of none.
 *
 * @module
 */

import { STALENESS_MARKS_MAX } from "../limits.ts";
import { Fifo } from "../order/fifo.ts";

/** The age of what a replica shows. */
export class Staleness {
  /** From when on entries up to an index were known, for those not applied. */
  readonly #marks = new Fifo<{ readonly index: number; readonly since: number }>();
  #marked = 0;
  #outsideSince: number | null = null;

  /** This is the highest index that is known now, and whether this replica takes part in the order. */
  note(highest: number, isOrdering: boolean, now: number): void {
    this.#outsideSince = isOrdering ? null : this.#outsideSince ?? now;
    // Of very many the first still count; the last of them stands for those after it.
    if (highest <= this.#marked || this.#marks.length >= STALENESS_MARKS_MAX) return;
    this.#marked = highest;
    this.#marks.push({ index: highest, since: now });
  }

  /** Milliseconds that a read of a store with this much applied may be behind. */
  of(applied: number, now: number): number {
    let head = this.#marks.first();
    while (head !== undefined && head.index <= applied) {
      this.#marks.shift();
      head = this.#marks.first();
    }
    return now - Math.min(head?.since ?? now, this.#outsideSince ?? now);
  }
}
