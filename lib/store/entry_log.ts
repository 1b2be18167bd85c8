/**
 * The end of the delivered log, kept at hand for peers that lack it.
 *
 * Tens of thousands of entries are kept, and few are ever read: so an entry is kept as a row of
 * columns, and made again when it is read. As objects they were most of what the collector of
 * garbage had to copy.
 *
 * @module
 */

import { invariant } from "../invariant.ts";
import { FETCH_ENTRIES_MAX } from "../limits.ts";
import type { Entry, Operation } from "../order/message.ts";
import { operationBytes, type StoreBounds, takeEntries } from "./store.ts";

/** How much of the log is kept. */
export type LogBounds = Required<Pick<StoreBounds, "logEntriesKept" | "logBytesKept">>;

/** Rows that there is room for at first; twice as many each time that they are full. */
const ROWS_MIN = 256;

/** Entries without a gap. What is not applied is kept, however much it is. */
export class EntryLog {
  readonly #bounds: LogBounds;
  #rows = new Rows(ROWS_MIN);
  #from: number;
  /** The index behind the last. */
  #end: number;
  #keptFrom = Infinity;
  /** Bytes of the applied entries. */
  #bytes = 0;

  /** An empty log that begins behind this index. */
  constructor(index: number, bounds: LogBounds) {
    this.#bounds = bounds;
    this.#from = this.#end = index + 1;
  }

  /** The index of the first entry; if there is none, of the next. */
  get from(): number {
    return this.#from;
  }

  /** Adds the next entry. */
  push(entry: Entry): void {
    invariant(entry.index === this.#end, "the log has no gap");
    if (this.#end - this.#from === this.#rows.size) {
      const rows = new Rows(this.#rows.size * 2);
      for (let index = this.#from; index < this.#end; index++) rows.put(this.#rows.get(index));
      this.#rows = rows;
    }
    this.#rows.put(entry);
    this.#end++;
  }

  /** The entry with this index. */
  at(index: number): Entry | undefined {
    return index < this.#from || index >= this.#end ? undefined : this.#rows.get(index);
  }

  /** Entries from one index to another, as many as one answer to a fetch may bear. */
  read(from: number, to: number): Entry[] {
    invariant(from >= this.#from, "what a peer fetches is still in the log");
    const count = Math.min(to + 1, this.#end, from + FETCH_ENTRIES_MAX) - from;
    if (count <= 0) return [];
    return takeEntries(Array.from({ length: count }, (_, i) => this.#rows.get(from + i)));
  }

  /** From now on it is trimmed only before this index; or Infinity. */
  keepFrom(index: number): void {
    this.#keptFrom = index;
  }

  /** The entry with this index is applied. */
  count(index: number): void {
    this.#bytes += this.#rows.bytes(index);
  }

  /** Drops the oldest applied entries beyond the bounds. The last one applied stays: it tells the place. */
  trim(applied: number): void {
    const { logEntriesKept, logBytesKept } = this.#bounds;
    const until = Math.min(applied, this.#keptFrom);
    while (
      this.#from < until &&
      (applied - this.#from >= logEntriesKept || this.#bytes > logBytesKept)
    ) {
      this.#bytes -= this.#rows.bytes(this.#from);
      this.#rows.drop(this.#from++);
    }
  }

  /** Drops all of it; it goes on behind this index. */
  restart(index: number): void {
    this.#rows = new Rows(ROWS_MIN);
    this.#from = this.#end = index + 1;
    this.#bytes = 0;
  }
}

/** Entries as rows of columns: that with an index stands at its remainder. */
class Rows {
  /** How many there are, a power of two. */
  readonly size: number;
  readonly #mask: number;
  readonly #origins: Uint16Array;
  readonly #n: Float64Array;
  readonly #times: Float64Array;
  readonly #bytes: Uint32Array;
  /** Of a `set` without an id: its key, its value, and how many bytes that has; */
  readonly #keys: string[];
  readonly #values: string[];
  readonly #valueBytes: Uint32Array;
  /** of anything else: all of it; else null. */
  readonly #others: (Operation | null)[];

  constructor(size: number) {
    this.size = size;
    this.#mask = size - 1;
    this.#origins = new Uint16Array(size);
    this.#n = new Float64Array(size);
    this.#times = new Float64Array(size);
    this.#bytes = new Uint32Array(size);
    this.#keys = Array(size).fill("");
    this.#values = Array(size).fill("");
    this.#valueBytes = new Uint32Array(size);
    this.#others = Array(size).fill(null);
  }

  put({ index, message: { origin, n, time, operation } }: Entry): void {
    const at = index & this.#mask;
    this.#origins[at] = origin;
    this.#n[at] = n;
    this.#times[at] = time;
    this.#bytes[at] = operationBytes(operation);
    if (operation.type === "set" && operation.id === undefined) {
      this.#keys[at] = operation.key;
      this.#values[at] = operation.value;
      this.#valueBytes[at] = operation.bytes;
    } else {
      this.#others[at] = operation;
    }
  }

  get(index: number): Entry {
    const at = index & this.#mask;
    const operation: Operation = this.#others[at] ?? {
      type: "set",
      key: this.#keys[at],
      value: this.#values[at],
      bytes: this.#valueBytes[at],
    };
    const [origin, n, time] = [this.#origins[at], this.#n[at], this.#times[at]];
    return { index, message: { origin, n, time, operation } };
  }

  /** What its operation counts for in a bound. */
  bytes(index: number): number {
    return this.#bytes[index & this.#mask];
  }

  drop(index: number): void {
    const at = index & this.#mask;
    this.#keys[at] = this.#values[at] = "";
    this.#others[at] = null;
  }
}
