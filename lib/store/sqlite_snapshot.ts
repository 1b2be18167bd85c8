/**
 * A snapshot of a store on disk: a read transaction on a connection of its own, which sees one
 * commit and none after it. Until it is closed, SQLite's write-ahead log keeps all that is written
 * meanwhile.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { invariant } from "../invariant.ts";
import { MESSAGE_OVERHEAD_BYTES, SNAPSHOT_PART_MAX, SNAPSHOT_REQUESTS_MAX } from "../limits.ts";
import type { Snapshot } from "../order/message.ts";
import { diskError } from "./disk.ts";
import type { Folder } from "./folder.ts";
import { fitting, type SnapshotReader } from "./store.ts";
import { decodeOutcome, type Place, textOfColumn } from "./tables.ts";

/** How many keys are looked at for the first part: so many may be too many, or too few. */
const KEYS_AT_FIRST = 64;

/** Behind all indexes. */
const END = Number.MAX_SAFE_INTEGER;

/** Reads what was applied when it was made. */
export class SqliteSnapshot implements SnapshotReader {
  readonly #db: DatabaseSync;
  readonly #folder: Folder;
  readonly #closed: () => void;
  readonly #place: Pick<Snapshot, "position" | "deliveredN" | "forgotten">;
  #open = true;
  #part = 0;
  /** The last key read; before the first the empty one, which there is not. */
  #key: Uint8Array = new Uint8Array();
  /** The index of the last request id read; before the first, that of the last one forgotten. */
  #request: number;
  /** How many keys are looked at for the next part; 0 when there are no more. */
  #keys = KEYS_AT_FIRST;

  /** Begins with what is committed now: `place`. `closed` is called once, when it is closed. */
  constructor(folder: Folder, place: Place, requestIdsKept: number, closed: () => void) {
    this.#folder = folder;
    this.#closed = closed;
    const { position, appliedN, forgotten } = place;
    this.#place = { position, deliveredN: appliedN, forgotten };
    this.#request = position.index - requestIdsKept;
    this.#db = new DatabaseSync(folder.file, { readOnly: true });
    try {
      // Its first read decides what it sees.
      this.#db.exec("BEGIN; SELECT * FROM place");
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** The next part: keys in the order of their bytes, then request ids, the oldest first. */
  next(): Snapshot {
    invariant(this.#open, "a snapshot is read before it is closed");
    try {
      return this.#nextPart();
    } catch (error) {
      throw diskError(error, this.#folder);
    }
  }

  #nextPart(): Snapshot {
    const keys = this.#nextKeys();
    // Not in one part with keys: together they might not fit into a frame.
    const requests = keys.length === 0 ? this.#nextRequests() : [];
    const last = this.#keys === 0 && !this.#hasRequests();
    return { ...this.#place, type: "snapshot", part: this.#part++, last, keys, requests };
  }

  /** Lets the write-ahead log begin anew. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#db.close();
    this.#closed();
  }

  // The sizes first: a thousand values may have a gibibyte.
  #nextKeys(): Snapshot["keys"] {
    if (this.#keys === 0) return [];
    const sizes = this.#db.prepare(
      "SELECT key, length(key) + length(value) AS bytes FROM keys WHERE key > ? " +
        "ORDER BY key LIMIT ?",
    ).all(this.#key, this.#keys);
    const count = fitting(sizes.map(({ bytes }) => MESSAGE_OVERHEAD_BYTES + Number(bytes)));
    const after = this.#key;
    if (count > 0) this.#key = sizes[count - 1].key as Uint8Array;
    const isEnd = count === sizes.length && sizes.length < this.#keys;
    this.#keys = isEnd ? 0 : Math.min(2 * count, SNAPSHOT_PART_MAX);
    return this.#db.prepare("SELECT key, value FROM keys WHERE key > ? AND key <= ? ORDER BY key")
      .all(after, this.#key)
      .map(({ key, value }) => [textOfColumn(key), textOfColumn(value)]);
  }

  #nextRequests(): Snapshot["requests"] {
    const requests = this.#readRequests(SNAPSHOT_REQUESTS_MAX)
      .map((row) => [textOfColumn(row.id), decodeOutcome(row)] as const);
    this.#request = requests.at(-1)?.[1].index ?? END;
    return requests;
  }

  #hasRequests(): boolean {
    return this.#readRequests(1).length > 0;
  }

  #readRequests(limit: number): Record<string, unknown>[] {
    return this.#db.prepare("SELECT * FROM requests WHERE idx > ? ORDER BY idx LIMIT ?")
      .all(this.#request, limit);
  }
}
