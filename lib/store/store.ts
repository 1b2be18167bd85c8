/**
 * What a replica keeps: its side of the protocol (promise, view, queue, outbox, log) and the
 * keys. What belongs together changes in one commit.
 *
 * @module
 */

import type { Entry, Operation } from "../order/message.ts";
import type { Durable, Write } from "../order/step.ts";
import { FETCH_BYTES_MAX, MESSAGE_OVERHEAD_BYTES, REQUEST_IDS_KEPT } from "../limits.ts";

/** What one turn of the event loop gathered: one transaction. */
export interface Commit {
  /** What the protocol core wants on disk, in this order … */
  readonly writes: readonly Write[];
  /** … then what was delivered, in the order of the indexes … */
  readonly deliver: readonly Entry[];
  /** … then what is carried out on the keys, in the order of the indexes. */
  readonly apply: readonly Entry[];
}

/** Which part of what is found is wanted. */
export interface Page {
  /** Only keys after this one. */
  readonly after?: string;
  /** At most so many keys. */
  readonly limit?: number;
}

/** Whether a request id that was applied at one index still counts at a later one. */
export function remembers(appliedAt: number | undefined, index: number): boolean {
  return appliedAt !== undefined && appliedAt > index - REQUEST_IDS_KEPT;
}

/** The store of one replica. Its methods throw what the disk says: the replica then stops. */
export interface Store {
  /** `sqlite` or `memory`. */
  readonly kind: string;
  /** How many keys there are. */
  readonly keys: number;
  /** The index of the last entry applied. */
  readonly applied: number;
  /** By origin: the highest `n` applied. */
  readonly appliedN: readonly number[];
  /** Whether a power cut may have undone what was committed without waiting for the disk. */
  readonly mayHaveForgotten: boolean;
  /** What the protocol core goes on from. */
  load(): Durable;
  /** Carries all of it out, or nothing. With `safe` it is on disk when this returns. */
  commit(commit: Commit, safe: boolean): void;
  /** Forces to disk what was committed and did not wait for it. */
  force(): void;
  /** Log entries from one index to another, as many as one answer to a fetch may bear. */
  read(from: number, to: number): Entry[];
  /** The value of a key. */
  get(key: string): string | undefined;
  /** Keys that begin with the prefix, with their values, in the order of their UTF-8 bytes. */
  scan(prefix: string, page?: Page): (readonly [key: string, value: string])[];
  /** Ends the use of the store; all that was committed is on disk, unless that is left to the system. */
  close(): void;
}

/** The bytes that an operation counts for in a bound. */
export function operationBytes(operation: Operation): number {
  const bytes = operation.type === "set" ? operation.bytes : 0;
  return MESSAGE_OVERHEAD_BYTES + operation.key.length + bytes;
}

/** The first entries that fit into one answer to a fetch: at least one. */
export function takeEntries(entries: Iterable<Entry>): Entry[] {
  const taken: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    bytes += operationBytes(entry.message.operation);
    if (taken.length > 0 && bytes > FETCH_BYTES_MAX) break;
    taken.push(entry);
  }
  return taken;
}
