/**
 * The order of the keys of a store in memory, kept from one scan to the next.
 *
 * @module
 */

import { compareBytes } from "../bytes.ts";
import type { Operation } from "../order/operation.ts";

/** So many new keys are kept apart, however few there were before, … */
const NEW_MIN = 1_000;

/** … and of so many others, one more. */
const NEW_SHARE = 64;

/** So many keys are sorted, or merged, in one step: a few milliseconds. */
const STEP_KEYS = 4_096;

/** The keys that are there. */
interface There {
  readonly size: number;
  has(key: string): boolean;
}

/** Keys that are there, or were, in the order of their bytes. */
export class KeyOrder {
  /** Null when all are sorted. */
  #sorting: Iterator<void, readonly string[]> | null;
  #keys: readonly string[] = [];
  /** Keys that were not there when an operation named them. */
  readonly #new = new Set<string>();
  /** The same in order, unless one has come since. */
  #newInOrder: readonly string[] | null = null;

  /** Begins to sort all keys that are there; more may come meanwhile, if they are noted. */
  constructor(keys: Iterable<string>) {
    this.#sorting = sorting(keys);
  }

  /** Sorts some more keys; true when all are in order. */
  advance(): boolean {
    if (this.#sorting === null) return true;
    const step = this.#sorting.next();
    if (!step.done) return false;
    this.#keys = step.value;
    this.#sorting = null;
    return true;
  }

  /** This is about to be carried out. */
  note(operation: Operation, keys: There): void {
    // Before: what this one makes is not there yet.
    const newMax = NEW_MIN + this.#keys.length / NEW_SHARE;
    if (this.#sorting === null && this.#new.size > newMax) this.#takeNew(keys);
    if (operation.type === "several") {
      for (const [key] of operation.pairs) this.#note(key, keys);
    } else {
      this.#note(operation.type === "rename" ? operation.to : operation.key, keys);
    }
  }

  /** Those that are there, from the first that is not before this one. */
  *from(first: string, there: There): Iterable<string> {
    while (!this.advance());
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

  /** New keys take their places among the others. */
  #takeNew(there: There): void {
    const merging = merged(this.#keys, inOrder(this.#new));
    let step = merging.next();
    while (!step.done) step = merging.next();
    const all = step.value;
    this.#keys = all.length > 2 * there.size ? all.filter((key) => there.has(key)) : all;
    this.#new.clear();
    this.#newInOrder = null;
  }
}

/** Sorts in runs, which are merged two by two: each key once, though one may come again. */
function* sorting(keys: Iterable<string>): Generator<void, readonly string[]> {
  let runs: (readonly string[])[] = [];
  let run: string[] = [];
  for (const key of keys) {
    if (run.push(key) < STEP_KEYS) continue;
    runs.push(inOrder(run));
    run = [];
    yield;
  }
  runs.push(inOrder(run));
  while (runs.length > 1) {
    const longer: (readonly string[])[] = [];
    for (let i = 0; i < runs.length; i += 2) {
      longer.push(i + 1 < runs.length ? yield* merged(runs[i], runs[i + 1]) : runs[i]);
    }
    runs = longer;
  }
  return runs[0];
}

function* merged(a: readonly string[], b: readonly string[]): Generator<void, readonly string[]> {
  const all: string[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const order = i === a.length ? 1 : j === b.length ? -1 : compareBytes(a[i], b[j]);
    all.push(order <= 0 ? a[i] : b[j]);
    if (order <= 0) i++;
    if (order >= 0) j++;
    if (all.length % STEP_KEYS === 0) yield;
  }
  return all;
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
