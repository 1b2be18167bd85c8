/**
 * Where scans go on: clients get a decimal number that stands for the last key they were told.
 *
 * @module
 */

import { RESP_CURSORS_MAX } from "../../limits.ts";

/** The cursors of all scans at one replica. Of more than can be kept, the oldest are forgotten. */
export class Cursors {
  readonly #after = new Map<string, string>();
  #last = 0;

  /** A cursor behind this key. */
  put(after: string): string {
    const cursor = String(++this.#last);
    this.#after.set(cursor, after);
    if (this.#after.size > RESP_CURSORS_MAX) {
      const [oldest] = this.#after.keys();
      this.#after.delete(oldest);
    }
    return cursor;
  }

  /** The key behind which a cursor stands; undefined if it is unknown. It may be used again. */
  get(cursor: string): string | undefined {
    return this.#after.get(cursor);
  }
}
