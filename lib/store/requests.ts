/**
 * What came of requests' ids, for as long as they are remembered.
 *
 * @module
 */

import { Fifo } from "../order/fifo.ts";
import type { Outcome, Snapshot } from "../order/message.ts";
import { remembers } from "./store.ts";

/** What came of requests' ids. */
export interface Requests {
  /** What came of this id, if that is remembered at this index. */
  get(id: string, index: number): Outcome | undefined;
  /** Notes what came of it; `before` is what was remembered of it. */
  put(id: string, outcome: Outcome, before: Outcome | undefined): void;
  /** Everything up to this index is applied: what no longer counts there may go. */
  forget(index: number): void;
}

/** All of them in memory. */
export class MemoryRequests implements Requests {
  readonly #kept: number;
  #outcomes = new Map<string, Outcome>();
  /** The same in the order of the index. */
  readonly #byIndex = new Fifo<readonly [id: string, outcome: Outcome]>();
  #forgotten = 0;

  /** None yet; each is remembered for so many applied entries. */
  constructor(kept: number) {
    this.#kept = kept;
  }

  /** The index of the newest one that is forgotten; 0 if none is. */
  get forgotten(): number {
    return this.#forgotten;
  }

  get(id: string): Outcome | undefined {
    return this.#outcomes.get(id);
  }

  put(id: string, outcome: Outcome): void {
    this.#outcomes.set(id, outcome);
    this.#byIndex.push([id, outcome]);
  }

  forget(index: number): void {
    for (let oldest = this.#byIndex.first(); oldest; oldest = this.#byIndex.first()) {
      const [id, outcome] = oldest;
      if (remembers(outcome.index, index, this.#kept)) return;
      this.#byIndex.shift();
      // A later outcome may have taken its place.
      if (this.#outcomes.get(id) !== outcome) continue;
      this.#outcomes.delete(id);
      this.#forgotten = outcome.index;
    }
  }

  /** Takes those of a snapshot for its own. */
  restore(requests: Snapshot["requests"], forgotten: number): void {
    this.#outcomes = new Map(requests);
    this.#byIndex.clear();
    for (const request of requests) this.#byIndex.push(request);
    this.#forgotten = forgotten;
  }

  /** All of them, the oldest first. */
  all(): Snapshot["requests"] {
    return [...this.#byIndex].filter(([id, outcome]) => this.#outcomes.get(id) === outcome);
  }
}
