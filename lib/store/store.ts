/**
 * What a replica keeps: its side of the protocol (promise, view, queue, outbox, log) and the
 * keys. What belongs together changes in one commit.
 *
 * @module
 */

import type { Entry, Operation, Outcome, Snapshot } from "../order/message.ts";
import type { Durable, Write } from "../order/step.ts";
import { type Result, valueBytes } from "../order/operation.ts";
import {
  FETCH_BYTES_MAX,
  FETCH_ENTRIES_MAX,
  MESSAGE_OVERHEAD_BYTES,
  REQUEST_IDS_KEPT,
  SNAPSHOT_PART_MAX,
} from "../limits.ts";

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

/** How much a store keeps behind what is applied. All replicas must remember equally many ids. */
export interface StoreBounds {
  /** How many log entries are kept for peers that fetch them; all that are not applied are. */
  readonly logEntriesKept?: number;
  /** How many bytes of them. */
  readonly logBytesKept?: number;
  /** For how many applied entries a request id is remembered. */
  readonly requestIdsKept?: number;
}

/** Whether a request id that was applied at one index still counts at a later one. */
export function remembers(
  appliedAt: number | undefined,
  index: number,
  kept: number = REQUEST_IDS_KEPT,
): boolean {
  return appliedAt !== undefined && appliedAt > index - kept;
}

/** Whether an operation with an id is carried out at this place, given what came of that id before. */
export function isCarriedOut(
  operation: Operation,
  index: number,
  before: Outcome | undefined,
): boolean {
  // It has waited for so long that what came of its id may be forgotten.
  if (operation.type !== "fence" && index > (operation.until ?? Infinity)) return false;
  if (before === undefined) return true;
  // A fence holds back only what was not answered before it was ordered.
  return !before.applied && operation.type !== "fence" && operation.eventual === true;
}

/** Reads a snapshot; until it is closed, it costs memory or disk. */
export interface SnapshotReader {
  /** The next part: one at least, of about as many bytes as an answer to a fetch may bear. */
  next(): Snapshot;
  /** Ends it; idempotent. */
  close(): void;
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
  /** The index of the first entry that the log holds; if it holds none, of the next. */
  readonly logFrom: number;
  /** The index of the newest request id that is forgotten; 0 if none is. */
  readonly forgotten: number;
  /** Whether a power cut may have undone what was committed without waiting for the disk. */
  readonly mayHaveForgotten: boolean;
  /** What the protocol core goes on from. */
  load(): Durable;
  /**
   * Carries all of it out. With `safe` it is on disk when this returns. If it throws, all of it is
   * on disk or nothing, and the store is used no more.
   *
   * @returns for each entry that was applied, what it gave: with a request id that was carried out
   * before, what that gave
   */
  commit(commit: Commit, safe: boolean): readonly Result[];
  /**
   * Forces to disk what was committed before, while others work: it is there when the promise is
   * kept. Not called again before.
   */
  forceLater(): Promise<void>;
  /**
   * Log entries from one index to another, as many as one answer to a fetch may bear. The log must
   * hold the first: what comes before {@linkcode logFrom} is only in a snapshot.
   */
  read(from: number, to: number): Entry[];
  /** What is applied now, in parts, unchanged by what is committed later. */
  snapshot(): SnapshotReader;
  /** From now on the log is trimmed only before this index, which a peer still needs; or Infinity. */
  keepFrom(index: number): void;
  /** What came of a request's id, if that is applied here and not forgotten. */
  outcome(id: string): Outcome | undefined;
  /** The value of a key. */
  get(key: string): string | undefined;
  /**
   * Does what takes some milliseconds of what a scan needs; true when it takes no longer than what it
   * lists. A scan that is not prepared takes as long as there are keys.
   */
  prepareScan(): boolean;
  /** Keys that begin with the prefix, with their values, in the order of their bytes. */
  scan(prefix: string, page?: Page): (readonly [key: string, value: string])[];
  /** Ends the use of the store; all that was committed is on disk, unless that is left to the system. */
  close(): void;
}

/** The bytes that an operation counts for in a bound. */
export function operationBytes(operation: Operation): number {
  return MESSAGE_OVERHEAD_BYTES + operation.key.length + valueBytes(operation);
}

/** The entries at these places that fit into one answer to a fetch: at least the first. */
export function takeEntries(
  entries: readonly Entry[],
  from = 0,
  to: number = entries.length,
): Entry[] {
  return takeWhile(
    entries.slice(from, Math.min(to, from + FETCH_ENTRIES_MAX)),
    ({ message }) => operationBytes(message.operation),
  );
}

/** The keys with their values, from this place on, that fit into one part of a snapshot. */
export function takePairs(all: Snapshot["keys"], from: number): Snapshot["keys"] {
  return takeWhile(
    all.slice(from, from + SNAPSHOT_PART_MAX),
    ([key, value]) => MESSAGE_OVERHEAD_BYTES + key.length + value.length,
  );
}

function takeWhile<T>(all: readonly T[], bytesOf: (one: T) => number): T[] {
  return all.slice(0, fitting(all.map(bytesOf)));
}

/** How many of the first fit into one answer to a fetch, by their bytes: at least one. */
export function fitting(sizes: readonly number[]): number {
  let bytes = 0;
  const over = sizes.findIndex((size, i) => (bytes += size) > FETCH_BYTES_MAX && i > 0);
  return over === -1 ? sizes.length : over;
}
