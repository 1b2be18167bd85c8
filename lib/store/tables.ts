/**
 * The tables behind the log: keys and request ids as they were at one index, in SQLite
 * (`node:sqlite`, in the runtime). How they are made, read and changed; when is decided elsewhere.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { existsSync } from "@std/fs/exists";
import { bytesOf, compareBytes, textOf } from "../bytes.ts";
import { invariant } from "../invariant.ts";
import { TABLES_CACHE_BYTES, WAL_BYTES_KEPT } from "../limits.ts";
import { type Outcome, type Position, type Snapshot, START } from "../order/message.ts";
import { count, list, parseJson } from "../wire/json.ts";
import { decodeResult, encodeResult } from "../wire/operation.ts";
import { APPLICATION_ID, type Folder, FORMAT_VERSION } from "./folder.ts";
import type { Page } from "./store.ts";

/** Who a store belongs to. */
export interface Owner {
  /** The replica's id. */
  readonly id: number;
  /** How many replicas are configured. */
  readonly replicas: number;
}

/** The place of the order whose state the tables hold. */
export interface Place {
  /** The last entry applied. */
  readonly position: Position;
  /** By origin: the highest `n` applied. */
  readonly appliedN: readonly number[];
  /** The index of the newest request id that is forgotten; 0 if none is. */
  readonly forgotten: number;
}

/** The keys, and what came of request ids: what a snapshot replaces as a whole. */
const APPLIED = (prefix: string) => `
  CREATE TABLE ${prefix}keys (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE ${prefix}requests (
    idx INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, origin INTEGER NOT NULL, n INTEGER NOT NULL,
    applied INTEGER NOT NULL, result TEXT NOT NULL
  );
`;

const SCHEMA = `
  CREATE TABLE place (one INTEGER PRIMARY KEY CHECK (one = 1), value TEXT NOT NULL);
  ${APPLIED("")}
  -- The parts of a snapshot that have come so far.
  ${APPLIED("staged_")}
`;

/** Tables change their names, nothing is copied: a million keys take no longer than a thousand. */
const UNSTAGE = `
  DROP TABLE keys;
  ALTER TABLE staged_keys RENAME TO keys;
  DROP TABLE requests;
  ALTER TABLE staged_requests RENAME TO requests;
  ${APPLIED("staged_")}
`;

const REQUEST = "(idx, id, origin, n, applied, result) VALUES (?, ?, ?, ?, ?, ?)";

const SQL = {
  place: "INSERT OR REPLACE INTO place (one, value) VALUES (1, ?)",
  get: "SELECT value FROM keys WHERE key = ?",
  has: "SELECT 1 AS value FROM keys WHERE key = ?",
  scan: "SELECT key, value FROM keys WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",
  scanToEnd: "SELECT key, value FROM keys WHERE key >= ? ORDER BY key LIMIT ?",
  updateKey: "UPDATE keys SET value = ? WHERE key = ?",
  insertKey: "INSERT INTO keys (key, value) VALUES (?, ?)",
  deleteKey: "DELETE FROM keys WHERE key = ?",
  request: "SELECT * FROM requests WHERE id = ?",
  putRequest: `INSERT OR REPLACE INTO requests ${REQUEST}`,
  deleteRequest: "DELETE FROM requests WHERE idx = ?",
  requestsUntil: "SELECT idx AS value FROM requests WHERE idx <= ? ORDER BY idx DESC",
  firstRequest: "SELECT min(idx) AS value FROM requests",
  forgetRequests: "DELETE FROM requests WHERE idx <= ?",
  stageKey: "INSERT OR REPLACE INTO staged_keys (key, value) VALUES (?, ?)",
  stageRequest: `INSERT OR REPLACE INTO staged_requests ${REQUEST}`,
};

/** What SQLite keeps beside a database's file. */
const SIDE_FILES = ["-wal", "-shm", "-journal"];

/** The tables of a store, open. */
export class Tables {
  readonly #db: DatabaseSync;
  readonly #statements: Readonly<Record<keyof typeof SQL, StatementSync>>;
  #inTransaction = false;
  #safe: boolean | null = null;

  /** Takes over a database, to be changed, or only to be looked at. */
  constructor(path: string, options: { readonly readOnly?: boolean } = {}) {
    this.#db = new DatabaseSync(path, options);
    try {
      if (options.readOnly !== true) {
        this.#db.exec(`PRAGMA cache_size = ${-Math.floor(TABLES_CACHE_BYTES / 1024)}`);
        this.#db.exec(`PRAGMA journal_size_limit = ${WAL_BYTES_KEPT}`);
      }
      const prepared = Object.entries(SQL).map(([name, sql]) => [name, this.#db.prepare(sql)]);
      this.#statements = Object.fromEntries(prepared);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** Looks at every page: half a second for a million small keys. Gives what is wrong, or null. */
  check(): string | null {
    const found = this.#db.prepare("PRAGMA quick_check(1)").get()?.quick_check;
    return found === "ok" ? null : String(found);
  }

  /** The place whose state they hold. */
  place(): Place {
    const value = this.#db.prepare("SELECT value FROM place").get()?.value;
    invariant(typeof value === "string", "the tables know their place");
    return decodePlace(value);
  }

  /** How many keys there are: as long as it takes to read all of them. */
  countKeys(): number {
    return Number(this.#db.prepare("SELECT count(*) AS value FROM keys").get()?.value);
  }

  /** The value of a key. */
  get(key: string): string | undefined {
    const row = this.#statements.get.get(bytesOf(key));
    return row === undefined ? undefined : textOfColumn(row.value);
  }

  /** Whether there is such a key. */
  has(key: string): boolean {
    return this.#statements.has.get(bytesOf(key)) !== undefined;
  }

  /** Keys that begin with the prefix, with their values, in the order of their bytes. */
  scan(prefix: string, { after, limit }: Page): (readonly [key: string, value: string])[] {
    const until = successor(bytesOf(prefix));
    // The least bytes that come after others are those with a zero behind.
    const isWithin = after !== undefined && compareBytes(after, prefix) >= 0;
    const from = isWithin ? Uint8Array.of(...bytesOf(after), 0) : bytesOf(prefix);
    const rows = until === null
      ? this.#statements.scanToEnd.all(from, limit ?? -1)
      : this.#statements.scan.all(from, until, limit ?? -1);
    return rows.map(({ key, value }) => [textOfColumn(key), textOfColumn(value)]);
  }

  /** Gives the key a value, or takes it away; gives whether it had one before. */
  put(key: string, value: string | null): boolean {
    const name = bytesOf(key);
    if (value === null) return Number(this.#statements.deleteKey.run(name).changes) > 0;
    const bytes = bytesOf(value);
    if (Number(this.#statements.updateKey.run(bytes, name).changes) > 0) return true;
    this.#statements.insertKey.run(name, bytes);
    return false;
  }

  /** Takes all keys away. */
  clear(): void {
    this.#db.exec("DELETE FROM keys");
  }

  /** What came of a request's id. */
  request(id: string): Outcome | undefined {
    const row = this.#statements.request.get(bytesOf(id));
    return row === undefined ? undefined : decodeOutcome(row);
  }

  /** Notes what came of a request's id. */
  putRequest(id: string, outcome: Outcome): void {
    this.#statements.putRequest.run(...encodeOutcome(id, outcome));
  }

  /** Deletes what came of a request at this index. */
  deleteRequest(index: number): void {
    this.#statements.deleteRequest.run(index);
  }

  /** The indexes of requests up to this one, the newest first. */
  *requestsUntil(index: number): Iterable<number> {
    for (const { value } of this.#statements.requestsUntil.iterate(index)) yield Number(value);
  }

  /** The index of the oldest request; null if there is none. */
  firstRequest(): number | null {
    const value = this.#statements.firstRequest.get()?.value ?? null;
    return value === null ? null : Number(value);
  }

  /** Deletes requests up to this index. */
  forgetRequests(index: number): void {
    this.#statements.forgetRequests.run(index);
  }

  /** Begins a transaction, unless one is open. With `safe` it is on disk when it is committed. */
  begin(safe: boolean): void {
    if (this.#inTransaction) return;
    if (safe !== this.#safe) this.#db.exec(`PRAGMA synchronous = ${safe ? "FULL" : "NORMAL"}`);
    this.#safe = safe;
    this.#db.exec("BEGIN IMMEDIATE");
    this.#inTransaction = true;
  }

  /** From now on the tables hold the state of this place. */
  commit(place: Place): void {
    this.#statements.place.run(encodePlace(place));
    this.#end();
  }

  /** Sets a part of a snapshot aside. */
  stage({ keys, requests }: Pick<Snapshot, "keys" | "requests">): void {
    const within = this.#inTransaction;
    this.begin(false);
    for (const [key, value] of keys) this.#statements.stageKey.run(bytesOf(key), bytesOf(value));
    for (const [id, outcome] of requests) {
      this.#statements.stageRequest.run(...encodeOutcome(id, outcome));
    }
    if (!within) this.#end();
  }

  /** Forgets the parts that were set aside. */
  emptyStage(): void {
    const staged = "SELECT 1 AS value FROM staged_keys UNION ALL SELECT 1 FROM staged_requests";
    if (this.#db.prepare(staged).get() === undefined) return;
    const within = this.#inTransaction;
    this.begin(false);
    this.#db.exec("DELETE FROM staged_keys; DELETE FROM staged_requests");
    if (!within) this.#end();
  }

  /** What was set aside takes the place of keys and requests, whatever was under way. */
  unstage(place: Place): void {
    this.begin(true);
    this.#db.exec(UNSTAGE);
    this.commit(place);
  }

  /** Closes them; what was not committed is not in them. */
  close(): void {
    this.#db.close();
  }

  #end(): void {
    this.#db.exec("COMMIT");
    this.#inTransaction = false;
  }
}

/**
 * Makes the tables under another name, so that under their own they are whole from the first
 * moment on, whenever the process is killed.
 */
export function makeTables(folder: Folder, replicas: number): void {
  const making = `${folder.path}/store.new`;
  const leftOver = ["", ...SIDE_FILES].map((suffix) => `${making}${suffix}`);
  // A log of tables that are gone would be taken for the new one's.
  const strange = SIDE_FILES.map((suffix) => `${folder.file}${suffix}`);
  for (const path of [...leftOver, ...strange]) {
    if (existsSync(path)) Deno.removeSync(path);
  }
  const db = new DatabaseSync(making);
  try {
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}`);
    db.exec(SCHEMA);
    const place = { position: START, appliedN: Array(replicas).fill(0), forgotten: 0 };
    db.prepare(SQL.place).run(encodePlace(place));
    db.exec("COMMIT");
  } finally {
    db.close();
  }
  Deno.renameSync(making, folder.file);
}

/** A text as a column bears it. */
export function textOfColumn(bytes: unknown): string {
  invariant(bytes instanceof Uint8Array, "the store keeps texts as bytes");
  return textOf(bytes);
}

/** What came of a request, as a row bears it. */
export function decodeOutcome(
  { applied, idx, origin, n, result }: Record<string, unknown>,
): Outcome {
  return {
    applied: applied === 1,
    index: Number(idx),
    origin: Number(origin),
    n: Number(n),
    result: decodeResult(list(parseJson(String(result)), "a result", (one) => one)),
  };
}

function encodeOutcome(id: string, { index, origin, n, applied, result }: Outcome) {
  const given = JSON.stringify(encodeResult(result));
  return [index, bytesOf(id), origin, n, applied ? 1 : 0, given] as const;
}

function encodePlace({ position: { index, time, id }, appliedN, forgotten }: Place): string {
  return JSON.stringify([[index, time, id], appliedN, forgotten]);
}

function decodePlace(value: string): Place {
  const [position, appliedN, forgotten] = list(parseJson(value), "a place", (one) => one);
  const [index, time, id] = list(position, "a position", (one) => count(one, "a position"));
  return {
    position: { index, time, id },
    appliedN: list(appliedN, "appliedN", (n) => count(n, "each of appliedN")),
    forgotten: count(forgotten, "forgotten"),
  };
}

/** The first bytes, in their order, that come after all that begin with these; null if none do. */
function successor(bytes: Uint8Array): Uint8Array | null {
  const last = bytes.findLastIndex((byte) => byte < 0xff);
  if (last === -1) return null;
  const next = bytes.slice(0, last + 1);
  next[last]++;
  return next;
}
