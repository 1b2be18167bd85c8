/**
 * The order of the keys of a store in memory, kept from one scan to the next.
 *
 * @module
 */

import { compareBytes } from "../bytes.ts";
import type { Operation } from "../order/operation.ts";

/** So many new keys are kept apart, however few there were before. */
const NEW_MIN = 1_000;

/** What tells whether a key is there. */
interface There {
  has(key: string): boolean;
}

/** Keys that are there, or were, in the order of their bytes. */
export class KeyOrder {
  readonly #keys: readonly string[];
  /** Keys that were not there when an operation named them. */
  readonly #new = new Set<string>();
  /** The same in order, unless one has come since. */
  #newInOrder: readonly string[] | null = null;

  /** Sorts all keys that are there. */
  constructor(keys: Iterable<string>) {
    this.#keys = inOrder(keys);
  }

  /** Whether so many are new that it is better to begin again. */
  get isOld(): boolean {
    return this.#new.size > NEW_MIN + this.#keys.length / 4;
  }

  /** This is about to be carried out. */
  note(operation: Operation, keys: There): void {
    if (operation.type === "several") {
      for (const [key] of operation.pairs) this.#note(key, keys);
    } else {
      this.#note(operation.type === "rename" ? operation.to : operation.key, keys);
    }
  }

  /** Those that are there, from the first that is not before this one. */
  *from(first: string, there: There): Iterable<string> {
    const [a, b] = [this.#keys, this.#newInOrder ??= inOrder(this.#new)];
    let [i, j] = [lowerBound(a, first), lowerBound(b, first)];
    while (i < a.length || j < b.length) {
      const order = i === a.length ? 1 : j === b.length ? -1 : compareBytes(a[i], b[j]);
      const key = order <= 0 ? a[i] : b[j];
      if (order <= 0) i++;
      if (order >= 0) j++;
      if (there.has(key)) yield key;
    }
  }

  #note(key: string, keys: There): void {
    if (keys.has(key) || this.#new.has(key)) return;
    this.#new.add(key);
    this.#newInOrder = null;
  }
}

/** The order of UTF-16 is almost that of bytes, and takes less time. */
function inOrder(keys: Iterable<string>): readonly string[] {
  return [...keys].sort().sort(compareBytes);
}

function lowerBound(keys: readonly string[], first: string): number {
  let [from, to] = [0, keys.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compareBytes(keys[middle], first) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}
