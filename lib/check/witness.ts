/**
 * The total order as witness: where each write stands, and when a key held what.
 *
 * A *place* is a count of entries: place 0 is before all of them, the entry in row r takes effect
 * at place r + 1, and a read that sees it and not the next one is at that place too.
 *
 * @module
 */

import { Groups } from "./operations.ts";
import type { Pairs } from "./pairs.ts";
import { FENCE, GET, type History, NEVER, NO_VALUE, NONE } from "./recorded.ts";

/** An entry that cannot be what the operations asked for. */
export interface Misplaced {
  /** Its row. */
  readonly entry: number;
  /**
   * `twice`: its operation, which has no id, stands before; `changed`: its operation asked for
   * something else; `foreign`: nobody asked for it.
   */
  readonly type: "twice" | "changed" | "foreign";
  /** The operation's first try, or {@linkcode NONE}. */
  readonly operation: number;
}

/** No entry of this id was carried out or fenced yet … */
const FREE = 0;
/** … one was carried out: no other will be … */
const CARRIED_OUT = 1;
/** … a fence came first: only what was answered before it was ordered will be. */
const FENCED = 2;

/** The total order of a history, tied to its operations. */
export class Witness {
  /** Why it proves nothing, or null if it is whole. */
  readonly flaw: string | null;
  /** Entries that no operation explains. */
  readonly misplaced: readonly Misplaced[];
  /** By the row of an operation's first try: its place, or 0 if it is not in the order. */
  readonly place: Int32Array;
  /** By entry: the first try of its operation, or {@linkcode NONE}. */
  readonly operation: Int32Array;
  /** By entry: 1 if it was carried out, 0 if its id forbade that. */
  readonly carriedOut: Int32Array;
  /** By entry that was carried out: the place of the next one of its key, or NEVER. */
  readonly #until: Int32Array;
  /** By key: the place of its first entry that was carried out, or NEVER. */
  readonly #first: Int32Array;
  readonly #pairs: Pairs;
  /** By pair: the entries that were carried out. */
  readonly #entriesOf: Groups;
  readonly #history: History;

  /** Ties the entries to the operations. */
  constructor(history: History, pairs: Pairs) {
    this.#history = history;
    this.#pairs = pairs;
    const { order, keys } = history;
    this.carriedOut = carriedOut(history);
    this.#until = new Int32Array(order.count).fill(NEVER);
    this.#first = new Int32Array(keys.count).fill(NEVER);
    this.#findSegments();
    this.#entriesOf = new Groups(
      order.count,
      pairs.count,
      (row) => this.carriedOut[row] === 1 ? pairs.ofEntry[row] : NONE,
    );
    const links = new Links(history, pairs, this.carriedOut);
    this.place = links.place;
    this.operation = links.operation;
    this.misplaced = links.misplaced;
    this.flaw = history.header.incomplete ?? gapOf(history) ?? links.flaw;
  }

  /** The first place from there on at which the key holds the value, or -1. */
  firstHeld(key: number, value: number, from: number): number {
    if (value === NO_VALUE && from < this.#first[key]) return from;
    const entries = this.#entries(key, value);
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#until[entries[middle]] <= from) low = middle + 1;
      else high = middle;
    }
    return low < entries.length ? Math.max(from, entries[low] + 1) : -1;
  }

  /** The entry that ended the last time in which the key held the value; NONE if it never did. */
  endedBy(key: number, value: number): number {
    const last = this.#entries(key, value).at(-1);
    const until = last !== undefined
      ? this.#until[last]
      : value === NO_VALUE
      ? this.#first[key]
      : NEVER;
    return until === NEVER ? NONE : until - 1;
  }

  /** What the key holds in the end: the entry that wrote it, or NONE. */
  lastEntries(): Map<number, number> {
    const last = new Map<number, number>();
    const { order } = this.#history;
    for (let row = 0; row < order.count; row++) {
      if (this.carriedOut[row] === 1) last.set(order.key[row], row);
    }
    return last;
  }

  #entries(key: number, value: number): Int32Array {
    const pair = this.#pairs.find(key, value);
    return pair === NONE ? new Int32Array() : this.#entriesOf.rows(pair);
  }

  #findSegments(): void {
    const { order } = this.#history;
    const last = new Int32Array(this.#first.length).fill(NONE);
    for (let row = 0; row < order.count; row++) {
      if (this.carriedOut[row] === 0) continue;
      const key = order.key[row];
      if (last[key] === NONE) this.#first[key] = row + 1;
      else this.#until[last[key]] = row + 1;
      last[key] = row;
    }
  }
}

/** Which entries were carried out, as their ids say. */
function carriedOut({ order, ids }: History): Int32Array {
  const states = new Int32Array(ids.count);
  return Int32Array.from(order.op, (op, row) => {
    const id = order.id[row];
    if (op === FENCE) {
      if (states[id] === FREE) states[id] = FENCED;
      return 0;
    }
    if (id === NONE) return 1;
    const isFree = states[id] === FREE || (states[id] === FENCED && order.eventual[row] === 1);
    if (isFree) states[id] = CARRIED_OUT;
    return isFree ? 1 : 0;
  });
}

/** What the order leaves out, in words. */
function gapOf({ header, order }: History): string | null {
  if (header.part) return null;
  let next = 1;
  for (const index of order.index) {
    if (index === next) next++;
    else if (index === next + 1) return `the total order has no index ${next}`;
    else return `the total order has no index ${next} to ${index - 1}`;
  }
  return null;
}

/** A pair that several writes without id have in common. */
const AMBIGUOUS = -2;

/** Finds for each entry the operation that asked for it: by its id, or by what it does. */
class Links {
  readonly place: Int32Array;
  readonly operation: Int32Array;
  readonly misplaced: Misplaced[] = [];
  flaw: string | null = null;
  readonly #history: History;
  readonly #pairs: Pairs;
  readonly #carriedOut: Int32Array;

  constructor(history: History, pairs: Pairs, carriedOut: Int32Array) {
    this.#history = history;
    this.#pairs = pairs;
    this.#carriedOut = carriedOut;
    this.place = new Int32Array(history.tries.count);
    this.operation = new Int32Array(history.order.count).fill(NONE);
    const byId = this.#byId();
    const byPair = this.#byPair();
    const { order } = history;
    for (let row = 0; row < order.count; row++) {
      if (order.op[row] === FENCE) continue;
      const id = order.id[row];
      if (id !== NONE) this.#tie(row, byId[id]);
      else this.#tie(row, byPair[pairs.ofEntry[row]]);
    }
  }

  #tie(entry: number, operation: number): void {
    if (operation === AMBIGUOUS) {
      this.flaw ??= "writes without an id ask for the same, so that their places cannot be told";
      return;
    }
    this.operation[entry] = operation;
    const type = this.#flawOf(entry, operation);
    if (type !== null) this.misplaced.push({ entry, type, operation });
    if (operation === NONE || this.#carriedOut[entry] === 0) return;
    if (this.place[operation] === 0) this.place[operation] = entry + 1;
  }

  #flawOf(entry: number, operation: number): Misplaced["type"] | null {
    if (operation === NONE) return "foreign";
    const { ofEntry, ofTry } = this.#pairs;
    const { order } = this.#history;
    if (ofEntry[entry] !== ofTry[operation]) return "changed";
    return this.place[operation] > 0 && order.id[entry] === NONE ? "twice" : null;
  }

  #byId(): Int32Array {
    const { ids, tries } = this.#history;
    const byId = new Int32Array(ids.count).fill(NONE);
    for (let row = 0; row < tries.count; row++) {
      if (tries.id[row] !== NONE) byId[tries.id[row]] = tries.operation[row];
    }
    return byId;
  }

  #byPair(): Int32Array {
    const { order, tries } = this.#history;
    const byPair = new Int32Array(this.#pairs.count).fill(NONE);
    // Most orders name every write: then nothing is looked for here.
    if (!order.id.includes(NONE)) return byPair;
    for (let row = 0; row < tries.count; row++) {
      if (tries.op[row] === GET || tries.id[row] !== NONE) continue;
      const pair = this.#pairs.ofTry[row];
      byPair[pair] = byPair[pair] === NONE ? row : AMBIGUOUS;
    }
    return byPair;
  }
}
