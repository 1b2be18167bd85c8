/**
 * Carries a frozen layer into the tables, a slice at a time: one transaction that is open over
 * many turns, so that the tables hold the state of one index and then that of another.
 *
 * @module
 */

import { FLUSH_FORGET_STEP } from "../limits.ts";
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
  readonly #steps: Iterator<void>;
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
    for (; rows > 0; rows--) {
      if (!this.#steps.next().done) continue;
      this.#tables.commit(this.#place);
      this.#layers.thaw();
      return true;
    }
    return false;
  }

  /** One row after the other. */
  *#carry(layer: Layer, until: number): Generator<void> {
    for (const index of layer.superseded) {
      this.#tables.deleteRequest(index);
      yield;
    }
    // Before what is new: an id that was forgotten may be there again.
    for (let oldest = this.#tables.firstRequest(); oldest !== null && oldest <= until;) {
      this.#tables.forgetRequests(Math.min(until, oldest + FLUSH_FORGET_STEP));
      oldest = this.#tables.firstRequest();
      yield;
    }
    for (const [id, outcome] of layer.requests) {
      if (outcome.index <= until) continue;
      this.#tables.putRequest(id, outcome);
      yield;
    }
    if (layer.cleared) {
      this.#tables.clear();
      this.#layers.carriedClear();
      yield;
    }
    for (const [key, value] of layer.values) {
      this.#layers.carried(key, value, this.#tables.put(key, value));
      yield;
    }
  }
}
