/**
 * Carries a frozen layer into the tables, a slice at a time: one transaction that is open over
 * many turns, so that the tables hold the state of one index and then that of another.
 *
 * @module
 */

import { BinaryHeap } from "@std/data-structures/binary-heap";
import { FLUSH_FORGET_STEP, FLUSH_RUN_KEYS } from "../limits.ts";
import type { Layer, Layers } from "./layers.ts";
import type { Place, Tables } from "./tables.ts";

/** Where a flush leads. */
export interface FlushTo extends Omit<Place, "forgotten"> {
  /** For how many applied entries a request id is remembered. */
  readonly requestIdsKept: number;
  /** Whether the tables are on disk at its end, or only outlive the process. */
  readonly safe: boolean;
}

/** A layer on its way into the tables. */
export class Flush {
  readonly #tables: Tables;
  readonly #layers: Layers;
  readonly #place: Place;
  /** Each step says what it cost, in rows. */
  readonly #steps: Iterator<number, void>;
  /** The index whose state the tables hold at its end. */
  readonly index: number;
  /** Whether they are on disk then. */
  readonly safe: boolean;
  /** How many rows there are to carry, more or less. */
  readonly rows: number;

  /** Freezes what has changed up to now; nothing is carried yet. */
  constructor(tables: Tables, layers: Layers, to: FlushTo) {
    const { position, appliedN, requestIdsKept, safe } = to;
    const { layer, forgotten } = layers.freeze(position.index);
    this.#tables = tables;
    this.#layers = layers;
    this.index = position.index;
    this.safe = safe;
    this.#place = { position, appliedN, forgotten };
    this.#steps = this.#carry(layer, position.index - requestIdsKept);
    this.rows = layer.values.size + layer.requests.size;
  }

  /** Carries so many rows more. Gives whether that was all: the tables hold the state of its place. */
  advance(rows: number): boolean {
    this.#tables.begin(this.safe);
    while (rows > 0) {
      const step = this.#steps.next();
      if (step.done) {
        this.#tables.commit(this.#place);
        this.#layers.thaw();
        return true;
      }
      rows -= step.value;
    }
    return false;
  }

  /** One row after the other. */
  *#carry(layer: Layer, until: number): Generator<number, void> {
    for (const index of layer.superseded) {
      this.#tables.deleteRequest(index);
      yield 1;
    }
    // Before what is new: an id that was forgotten may be there again.
    for (let oldest = this.#tables.firstRequest(); oldest !== null && oldest <= until;) {
      this.#tables.forgetRequests(Math.min(until, oldest + FLUSH_FORGET_STEP));
      oldest = this.#tables.firstRequest();
      yield 1;
    }
    for (const [id, outcome] of layer.requests) {
      if (outcome.index <= until) continue;
      this.#tables.putRequest(id, outcome);
      yield 1;
    }
    if (layer.cleared) {
      this.#tables.clear();
      this.#layers.carriedClear();
      yield 1;
    }
    const ordered = yield* inOrder(layer.values.keys());
    for (const key of ordered) {
      const value = layer.values.get(key) ?? null;
      this.#layers.carried(key, value, this.#tables.put(key, value));
      yield 1;
    }
  }
}

/** A run sorts so many keys in the time that one row takes, or more. */
const SORTED_KEYS_PER_ROW = 8;

/**
 * Keys in their order, so that each page of the tables is changed once: sorted in runs, which are
 * merged. The steps say what they cost, in rows.
 */
function* inOrder(keys: Iterable<string>): Generator<number, Iterable<string>> {
  const runs: string[][] = [];
  let run: string[] = [];
  for (const key of keys) {
    if (run.push(key) < FLUSH_RUN_KEYS) continue;
    runs.push(run.sort());
    run = [];
    yield FLUSH_RUN_KEYS / SORTED_KEYS_PER_ROW;
  }
  return merged([...runs, run.sort()]);
}

function* merged(runs: readonly (readonly string[])[]): Iterable<string> {
  const heads = new BinaryHeap<{ readonly run: readonly string[]; readonly at: number }>(
    (a, b) => a.run[a.at] < b.run[b.at] ? -1 : 1,
  );
  for (const run of runs) if (run.length > 0) heads.push({ run, at: 0 });
  for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
    const { run, at } = head;
    yield run[at];
    if (at + 1 < run.length) heads.push({ run, at: at + 1 });
  }
}
