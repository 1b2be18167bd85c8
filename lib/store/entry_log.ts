/**
 * The end of the delivered log, kept at hand for peers that lack it.
 *
 * @module
 */

import { invariant } from "../invariant.ts";
import type { Entry } from "../order/message.ts";
import { operationBytes, type StoreBounds, takeEntries } from "./store.ts";

/** How much of the log is kept. */
export type LogBounds = Required<Pick<StoreBounds, "logEntriesKept" | "logBytesKept">>;

/** Entries without a gap. What is not applied is kept, however much it is. */
export class EntryLog {
  readonly #bounds: LogBounds;
  #entries: Entry[] = [];
  /** So many of them are dropped. */
  #dropped = 0;
  #from: number;
  #keptFrom = Infinity;
  /** Bytes of the applied entries. */
  #bytes = 0;

  /** An empty log that begins behind this index. */
  constructor(index: number, bounds: LogBounds) {
    this.#bounds = bounds;
    this.#from = index + 1;
  }

  /** The index of the first entry; if there is none, of the next. */
  get from(): number {
    return this.#from;
  }

  /** Adds the next entry. */
  push(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** The entry with this index. */
  at(index: number): Entry | undefined {
    return this.#entries[index - this.#from + this.#dropped];
  }

  /** Entries from one index to another, as many as one answer to a fetch may bear. */
  read(from: number, to: number): Entry[] {
    invariant(from >= this.#from, "what a peer fetches is still in the log");
    const shift = this.#dropped - this.#from;
    return takeEntries(this.#entries, from + shift, to + shift + 1);
  }

  /** From now on it is trimmed only before this index; or Infinity. */
  keepFrom(index: number): void {
    this.#keptFrom = index;
  }

  /** This entry is applied. */
  count({ message }: Entry): void {
    this.#bytes += operationBytes(message.operation);
  }

  /** Drops the oldest applied entries beyond the bounds. The last one applied stays: it tells the place. */
  trim(applied: number): void {
    const { logEntriesKept, logBytesKept } = this.#bounds;
    const until = Math.min(applied, this.#keptFrom);
    const entries = this.#entries;
    while (
      this.#from < until &&
      (applied - this.#from >= logEntriesKept || this.#bytes > logBytesKept)
    ) {
      this.#bytes -= operationBytes(entries[this.#dropped].message.operation);
      this.#dropped++;
      this.#from++;
    }
    if (this.#dropped * 2 <= entries.length) return;
    this.#entries = entries.slice(this.#dropped);
    this.#dropped = 0;
  }

  /** Drops all of it; it goes on behind this index. */
  restart(index: number): void {
    this.#entries = [];
    this.#dropped = 0;
    this.#from = index + 1;
    this.#bytes = 0;
  }
}
