/**
 * Whether the clients' operations fit into the total order that the replicas delivered.
 *
 * Along each chain of a client's operations, writes must stand where the order has them, and for
 * each read there must be a place, not before the one of the operation before it, at which the
 * key held what was read. Taking the first such place is enough: a later one only leaves less
 * room for what follows. And a write that was answered at `sequential` or above stands before
 * every write that began later, of whatever level and client.
 *
 * @module
 */

import type { Chains } from "./clients.ts";
import type { Operations } from "./operations.ts";
import { FAIL, GET, type History, NEVER, NONE, OK } from "./recorded.ts";
import type { Witness } from "./witness.ts";

/** What does not fit. Operations are given by the rows of their first tries. */
export type Misfit =
  /** A write that was answered, and is not in the order. */
  | { readonly type: "missing"; readonly operation: number }
  /** Its client had come to a place behind all at which the operation can be. */
  | { readonly type: "chain"; readonly operation: number; readonly after: Bound }
  /** The key never held what was read. */
  | { readonly type: "never"; readonly operation: number }
  /** `earlier` was answered before `later` began, and stands behind it. */
  | { readonly type: "time"; readonly earlier: number; readonly later: number };

/** A place that a client has come to, and the operation that shows it. */
export interface Bound {
  /** How much of the order it has certainly seen. */
  readonly place: number;
  /** Its row; NONE at place 0. */
  readonly by: number;
  /** Where the client was before, if the operation alone could also be at an earlier place. */
  readonly from?: Bound;
}

const NO_BOUND: Bound = { place: 0, by: NONE };

/** What a fit is made of. */
export interface FitInput {
  /** The history … */
  readonly history: History;
  /** … and its operations. */
  readonly operations: Operations;
  /** The order that they are to fit into. */
  readonly witness: Witness;
  /** Whose operations follow each other. */
  readonly chains: Chains;
}

/** The first operation that does not fit, or null. */
export function misfitOf(input: FitInput): Misfit | null {
  return new Fit(input).find();
}

class Fit {
  readonly #input: FitInput;
  /** By chain: how far its client has come. */
  readonly #bounds: Bound[] = [];
  /** By the row of a write's first try: the least that one of its tries must come after. */
  readonly #after = new Map<number, Bound>();

  constructor(input: FitInput) {
    this.#input = input;
  }

  find(): Misfit | null {
    const { history: { tries }, chains } = this.#input;
    for (let row = 0; row < tries.count; row++) {
      if (tries.op[row] !== GET) {
        const misfit = this.#takeWrite(row);
        if (misfit !== null) return misfit;
      } else if (tries.outcome[row] === OK && chains.isJudged(row)) {
        const misfit = this.#takeRead(row);
        if (misfit !== null) return misfit;
      }
    }
    return this.#findWrite() ?? (chains.discipline === "sequential" ? this.#findLate() : null);
  }

  #boundOf(chains: readonly number[]): Bound {
    let bound = NO_BOUND;
    for (const chain of chains) {
      const other = this.#bounds[chain] ?? NO_BOUND;
      if (other.place > bound.place) bound = other;
    }
    return bound;
  }

  #raise(chains: readonly number[], bound: Bound): void {
    for (const chain of chains) {
      if ((this.#bounds[chain] ?? NO_BOUND).place < bound.place) this.#bounds[chain] = bound;
    }
  }

  #takeRead(row: number): Misfit | null {
    const { history: { tries }, witness, chains } = this.#input;
    const of = chains.of(row);
    const after = this.#boundOf(of);
    const place = witness.firstHeld(tries.key[row], tries.value[row], after.place);
    if (place >= 0) {
      const isFirst = place === witness.firstHeld(tries.key[row], tries.value[row], 0);
      this.#raise(of, { place, by: row, ...(isFirst ? {} : { from: after }) });
      return null;
    }
    const isNever = witness.firstHeld(tries.key[row], tries.value[row], 0) < 0;
    return isNever ? { type: "never", operation: row } : { type: "chain", operation: row, after };
  }

  /** Notes what the write must come after, and that its client has seen it if it was answered. */
  #takeWrite(row: number): Misfit | null {
    const { history: { tries }, operations, witness, chains } = this.#input;
    const operation = tries.operation[row];
    if (operations.outcome[operation] === FAIL) return null;
    if (!chains.isJudged(row)) {
      // This try may have been ordered at any time.
      this.#after.set(operation, NO_BOUND);
      return null;
    }
    const of = chains.of(row);
    const bound = this.#boundOf(of);
    const before = this.#after.get(operation);
    if (before === undefined || bound.place < before.place) this.#after.set(operation, bound);
    if (tries.outcome[row] !== OK) return null;
    const place = witness.place[operation];
    if (place > 0) this.#raise(of, { place, by: operation });
    // What a session wrote at `eventual` and is lost breaks another guarantee.
    else if (chains.discipline === "sequential") return { type: "missing", operation };
    return null;
  }

  /** A write that stands before what it must come after. */
  #findWrite(): Misfit | null {
    const { place } = this.#input.witness;
    for (const [operation, after] of this.#after) {
      if (place[operation] > 0 && place[operation] <= after.place) {
        return { type: "chain", operation, after };
      }
    }
    return null;
  }

  /** A write that stands before one that was answered before it began. */
  #findLate(): Misfit | null {
    const { history: { tries }, operations: { end, outcome }, witness: { place } } = this.#input;
    const isWrite = (row: number) => tries.op[row] !== GET && place[row] > 0;
    const answered = Int32Array.from(tries.op, (_, row) => row)
      .filter((row) => isWrite(row) && end[row] < NEVER)
      .sort((a, b) => end[a] - end[b]);
    let next = 0;
    let last: number = NONE;
    for (let row = 0; row < tries.count; row++) {
      if (!isWrite(row) || outcome[row] === FAIL || tries.operation[row] !== row) continue;
      for (; next < answered.length && end[answered[next]] < tries.begin[row]; next++) {
        if (last === NONE || place[answered[next]] > place[last]) last = answered[next];
      }
      if (last !== NONE && place[last] > place[row]) {
        return { type: "time", earlier: last, later: row };
      }
    }
    return null;
  }
}
