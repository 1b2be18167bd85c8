/**
 * Operations: what is one thing for the store, however often it was tried.
 *
 * @module
 */

import type { Pairs } from "./pairs.ts";
import {
  EVENTUAL,
  FAIL,
  GET,
  type History,
  INFO,
  NEVER,
  NONE,
  OK,
  type Tries,
} from "./recorded.ts";

/** A column for each fact of an operation; its row is that of its first try. */
export interface Operations {
  /**
   * {@linkcode OK} if a try was answered so; {@linkcode FAIL} if all tries certainly did nothing;
   * else {@linkcode INFO}. {@linkcode NONE} in the rows of later tries.
   */
  readonly outcome: Int32Array;
  /**
   * The line at which it has certainly taken effect, or {@linkcode NEVER}. An answer in
   * `eventual` says of a write only that it will, at some time.
   */
  readonly end: Int32Array;
}

/** Puts the tries of each operation together. */
export function operationsOf({ tries }: History): Operations {
  const outcome = new Int32Array(tries.count).fill(NONE);
  const end = new Int32Array(tries.count).fill(NEVER);
  for (let row = 0; row < tries.count; row++) {
    const first = tries.operation[row];
    outcome[first] = first === row
      ? outcomeOf(tries, row)
      : together(outcome[first], outcomeOf(tries, row));
    if (tries.outcome[row] === OK && (tries.op[row] === GET || tries.level[row] > EVENTUAL)) {
      end[first] = Math.min(end[first], tries.end[row]);
    }
  }
  return { outcome, end };
}

function outcomeOf({ outcome }: Tries, row: number): number {
  return outcome[row] === OK || outcome[row] === FAIL ? outcome[row] : INFO;
}

/** Of two tries of one operation: one that did nothing says nothing of the other. */
function together(a: number, b: number): number {
  if (a === OK || b === OK) return OK;
  return a === FAIL && b === FAIL ? FAIL : INFO;
}

/**
 * Of some of the operations, without the reads of which a write is left out that they may have
 * seen: what is then left makes sense by itself if all together did.
 */
export function withTheirWrites(
  { tries }: History,
  { ofTry }: Pairs,
  all: Iterable<number>,
  some: readonly number[],
): readonly number[] {
  const kept = new Set(some);
  const leftOut = new Set<number>();
  for (const row of all) {
    if (tries.op[row] !== GET && !kept.has(row)) leftOut.add(ofTry[row]);
  }
  return some.filter((row) => tries.op[row] !== GET || !leftOut.has(ofTry[row]));
}

/** Rows by a number that each has, such as its key's. */
export class Groups {
  readonly #starts: Int32Array;
  readonly #rows: Int32Array;

  /** Sorts the rows that `groupOf` gives a group, a number from 0 to `count - 1`; others it drops. */
  constructor(rows: number, count: number, groupOf: (row: number) => number) {
    this.#starts = new Int32Array(count + 1);
    for (let row = 0; row < rows; row++) {
      const group = groupOf(row);
      if (group >= 0) this.#starts[group + 1]++;
    }
    for (let group = 0; group < count; group++) this.#starts[group + 1] += this.#starts[group];
    this.#rows = new Int32Array(this.#starts[count]);
    const next = this.#starts.slice();
    for (let row = 0; row < rows; row++) {
      const group = groupOf(row);
      if (group >= 0) this.#rows[next[group]++] = row;
    }
  }

  /** The rows of a group, ascending. */
  rows(group: number): Int32Array {
    return this.#rows.subarray(this.#starts[group], this.#starts[group + 1]);
  }
}
