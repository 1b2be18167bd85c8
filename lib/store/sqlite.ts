/**
 * The store on disk: SQLite, from the runtime (`node:sqlite`).
 *
 * One commit is one transaction. In write-ahead mode SQLite forces it to disk with
 * `synchronous = FULL` and leaves that to the system with `NORMAL`, and the setting may change
 * between transactions: so only what must be safe waits for the disk. A later forced commit
 * also forces all before it. Keys, values and request ids are kept as bytes: their order is that
 * of UTF-8, and a text could not be read beyond a U+0000.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { existsSync } from "@std/fs/exists";
import { reason } from "../errors.ts";
import { invariant, unreachable } from "../invariant.ts";
import { BOOT_TOLERANCE_MS, REQUEST_IDS_KEPT } from "../limits.ts";
import type {
  Entry,
  Message,
  Numbered,
  Operation,
  Outcome,
  Position,
  View,
} from "../order/message.ts";
import { START } from "../order/message.ts";
import type { Durable, Write } from "../order/step.ts";
import type { Ballot } from "../order/timestamp.ts";
import { parseJson } from "../wire/json.ts";
import { APPLICATION_ID, damage, type Folder, FORMAT_VERSION } from "./folder.ts";
import {
  type Commit,
  type Page,
  remembers,
  type SnapshotReader,
  type Store,
  takeEntries,
} from "./store.ts";

/** When what must be safe is forced to disk: before it is answered, each second, or never by us. */
export type Fsync = "always" | "interval" | "never";

/** Who a store belongs to. */
export interface Owner {
  /** The replica's id. */
  readonly id: number;
  /** How many replicas are configured. */
  readonly replicas: number;
}

/** What a store says of itself. */
export interface StoreFacts extends Owner {
  /** The cluster that it belongs to; null before its first view. */
  readonly cluster: string | null;
}

const SCHEMA = `
  CREATE TABLE protocol (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE origins (
    origin INTEGER PRIMARY KEY, delivered INTEGER NOT NULL, applied INTEGER NOT NULL
  );
  -- A message without a time waits in the outbox; with one it is in the queue.
  CREATE TABLE pending (
    origin INTEGER, n INTEGER, time INTEGER, key BLOB NOT NULL, value BLOB, request BLOB,
    PRIMARY KEY (origin, n)
  ) WITHOUT ROWID;
  CREATE TABLE log (
    idx INTEGER PRIMARY KEY, origin INTEGER NOT NULL, n INTEGER NOT NULL, time INTEGER NOT NULL,
    key BLOB NOT NULL, value BLOB, request BLOB
  );
  CREATE TABLE keys (key BLOB PRIMARY KEY, value BLOB NOT NULL);
  CREATE TABLE requests (id BLOB PRIMARY KEY, idx INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX requests_by_index ON requests (idx);
`;

/** Every how many applied entries request ids that no longer count are deleted. */
const FORGET_EVERY = 10_000;

const encoder = new TextEncoder();
// Without the option a text would lose a U+FEFF that it begins with.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A replica's store in its folder. */
export class SqliteStore implements Store {
  /** What kind of store it is. */
  readonly kind = "sqlite";
  /** Whether the machine was started anew since the store was used, and it was not closed. */
  readonly mayHaveForgotten: boolean;
  readonly #db: DatabaseSync;
  readonly #folder: Folder;
  readonly #fsync: Fsync;
  readonly #self: number;
  readonly #replicas: number;
  readonly #statements: Statements;
  #synchronous = "";
  #keys = 0;
  #applied = 0;
  #deliveredN: number[] = [];
  #appliedN: number[] = [];
  #index = 0;
  #n = 0;
  /** Writes that `interval` has not yet forced to disk. */
  #unforced = false;
  /** Whether the store bears when the machine was started: from the first commit to the end. */
  #bootNoted = false;

  /**
   * Looks whether a store that is there is whole, and whose it is, without a write: not even what
   * a crash left is tidied up.
   *
   * @throws {FolderError} if it is damaged; the folder is released then
   */
  static inspect(folder: Folder): StoreFacts {
    return guarded(folder, { readOnly: true }, (db) => {
      checkWhole(db, folder);
      const installed = readProtocol(db, "installed") as View | null;
      const facts = {
        id: Number(readProtocol(db, "id")),
        replicas: Number(readProtocol(db, "replicas")),
        cluster: installed?.cluster ?? null,
      };
      db.close();
      return facts;
    });
  }

  /**
   * Opens the store in a folder that was taken, and inspected if there was a store in it; makes it
   * if there is none.
   *
   * @throws {FolderError} if it is damaged; the folder is released then
   */
  static open(folder: Folder, owner: Owner, fsync: Fsync): SqliteStore {
    makeIfNone(folder, owner);
    return guarded(folder, {}, (db) => new SqliteStore(db, folder, owner, fsync));
  }

  private constructor(db: DatabaseSync, folder: Folder, { id, replicas }: Owner, fsync: Fsync) {
    this.#db = db;
    this.#folder = folder;
    this.#fsync = fsync;
    this.#self = id;
    this.#replicas = replicas;
    this.#statements = prepare(db);
    db.exec("PRAGMA journal_mode = WAL; PRAGMA cache_size = -65536");
    this.#recall();
    this.mayHaveForgotten = !isThisBoot(this.#protocol("boot"));
  }

  /** How many keys there are. */
  get keys(): number {
    return this.#keys;
  }

  /** The index of the last entry applied. */
  get applied(): number {
    return this.#applied;
  }

  /** By origin: the highest `n` applied. */
  get appliedN(): readonly number[] {
    return this.#appliedN;
  }

  /** What the protocol core goes on from. */
  load(): Durable {
    const pending: Message[] = [];
    const outbox: Numbered[] = [];
    for (const row of this.#db.prepare("SELECT * FROM pending ORDER BY origin, n").all()) {
      const operation = readOperation(row);
      const n = Number(row.n);
      if (row.time === null) outbox.push({ n, operation });
      else pending.push({ origin: Number(row.origin), n, time: Number(row.time), operation });
    }
    return {
      identity: this.#protocol("identity") as string,
      former: null,
      promised: this.#protocol("promised") as Ballot,
      installed: this.#protocol("installed") as View | null,
      n: this.#n,
      position: this.#position(),
      deliveredN: [...this.#deliveredN],
      pending,
      outbox,
    };
  }

  /** Carries all of it out in one transaction, or nothing. */
  commit({ writes, deliver, apply }: Commit, safe: boolean): void {
    this.#setSynchronous(safe && this.#fsync === "always" ? "FULL" : "NORMAL");
    this.#transact(() => {
      // An operation that is submitted again bears an old number: the highest counts.
      const known = this.#n;
      for (const write of writes) this.#n = Math.max(this.#n, this.#write(write));
      if (this.#n > known) this.#setProtocol("n", this.#n);
      if (!this.#bootNoted) this.#setProtocol("boot", bootTime() ?? "unknown");
      this.#bootNoted = true;
      for (const entry of deliver) this.#deliver(entry);
      for (const entry of apply) this.#apply(entry);
      const origins = new Set([...deliver, ...apply].map(({ message }) => message.origin));
      for (const origin of origins) {
        this.#statements.origin.run(origin, this.#deliveredN[origin], this.#appliedN[origin]);
      }
      if (apply.length > 0) this.#setProtocol("applied", this.#applied);
    });
    this.#unforced ||= safe && this.#fsync !== "always";
  }

  /** Forces to disk what was committed without: for `interval`, each second. */
  force(): void {
    if (!this.#unforced || this.#fsync !== "interval") return;
    this.#unforced = false;
    this.#setSynchronous("FULL");
    this.#transact(() => this.#setProtocol("applied", this.#applied));
  }

  /** Log entries from one index to another, as many as one answer to a fetch may bear. */
  read(from: number, to: number): Entry[] {
    return takeEntries(this.#log(from, to));
  }

  /** The index of the first entry that the log holds; if it holds none, of the next. */
  get logFrom(): number {
    return 1;
  }

  /** The index of the newest request id that is forgotten; 0 if none is. */
  get forgotten(): number {
    return 0;
  }

  /** What is applied now, in parts, unchanged by what is committed later. */
  snapshot(): SnapshotReader {
    throw new Error("the log holds everything yet");
  }

  /** What came of a request's id, if that is applied here and not forgotten. */
  outcome(_id: string): Outcome | undefined {
    return undefined;
  }

  /** The value of a key. */
  get(key: string): string | undefined {
    const row = this.#statements.get.get(encoder.encode(key));
    return row === undefined ? undefined : decoder.decode(row.value as Uint8Array);
  }

  /** Keys that begin with the prefix, with their values, in the order of their UTF-8 bytes. */
  scan(prefix: string, { after, limit }: Page = {}): (readonly [key: string, value: string])[] {
    const from = encoder.encode(prefix);
    // No UTF-8 text has this byte, so it stands behind all keys with the prefix.
    const until = Uint8Array.of(...from, 0xff);
    const rows = this.#statements.scan.all(
      from,
      until,
      after === undefined ? null : encoder.encode(after),
      limit ?? -1,
    );
    return rows.map(({ key, value }) => [
      decoder.decode(key as Uint8Array),
      decoder.decode(value as Uint8Array),
    ]);
  }

  /** Ends the use of the store; all that was committed is on disk, unless that is left to the system. */
  close(): void {
    try {
      this.#setSynchronous("FULL");
      if (this.#bootNoted) this.#transact(() => this.#setProtocol("boot", null));
      this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } finally {
      this.#db.close();
      this.#folder.release();
    }
  }

  /** Takes from the database what is kept at hand. */
  #recall(): void {
    const db = this.#db;
    this.#keys = Number(column(db.prepare("SELECT count(*) AS value FROM keys")));
    this.#n = Number(this.#protocol("n"));
    this.#applied = Number(this.#protocol("applied"));
    this.#index = Number(column(db.prepare("SELECT max(idx) AS value FROM log")) ?? 0);
    this.#deliveredN = Array(this.#replicas).fill(0);
    this.#appliedN = Array(this.#replicas).fill(0);
    for (const row of db.prepare("SELECT * FROM origins").all()) {
      this.#deliveredN[Number(row.origin)] = Number(row.delivered);
      this.#appliedN[Number(row.origin)] = Number(row.applied);
    }
  }

  #transact(act: () => void): void {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      act();
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #rollBack(): void {
    try {
      this.#db.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
    try {
      this.#recall();
    } catch {
      // Nothing can be read either: what failed first is told.
    }
  }

  #setSynchronous(mode: "FULL" | "NORMAL"): void {
    const wanted = this.#fsync === "never" ? "OFF" : mode;
    if (wanted === this.#synchronous) return;
    this.#db.exec(`PRAGMA synchronous = ${wanted}`);
    this.#synchronous = wanted;
  }

  /** Carries out one write; returns the own number that it bears, or 0. */
  #write(write: Write): number {
    switch (write.type) {
      case "snapshot":
        throw new Error("nobody sends a snapshot yet");
      case "promised":
        this.#setProtocol("promised", write.ballot);
        return 0;
      case "outbox":
        this.#put(this.#self, write.numbered.n, null, write.numbered.operation);
        return write.numbered.n;
      case "received": {
        const { origin, n, time, operation } = write.message;
        this.#put(origin, n, time, operation);
        return origin === this.#self ? n : 0;
      }
      case "installed":
        this.#setProtocol("installed", write.view);
        this.#db.exec("DELETE FROM pending");
        for (const { origin, n, time, operation } of write.pending) {
          this.#put(origin, n, time, operation);
        }
        for (const { n, operation } of write.outbox) this.#put(this.#self, n, null, operation);
        return write.n;
      default:
        return unreachable(write);
    }
  }

  #put(origin: number, n: number, time: number | null, operation: Operation): void {
    const { key, value, request } = columns(operation);
    this.#statements.putPending.run(origin, n, time, key, value, request);
  }

  #deliver({ index, message: { origin, n, time, operation } }: Entry): void {
    invariant(index === this.#index + 1, "the log has no gap");
    this.#index = index;
    this.#deliveredN[origin] = n;
    const { key, value, request } = columns(operation);
    this.#statements.putLog.run(index, origin, n, time, key, value, request);
    this.#statements.deletePending.run(origin, n);
  }

  #apply({ index, message: { origin, n, operation } }: Entry): void {
    invariant(index === this.#applied + 1, "entries are applied in the order of their indexes");
    this.#applied = index;
    this.#appliedN[origin] = n;
    if (index % FORGET_EVERY === 0) this.#statements.forgetRequests.run(index - REQUEST_IDS_KEPT);
    if (operation.id !== undefined) {
      const { request } = columns(operation);
      const applied = this.#statements.request.get(request);
      if (remembers(applied === undefined ? undefined : Number(applied.idx), index)) return;
      this.#statements.putRequest.run(request, index);
    }
    const { key, value } = columns(operation);
    if (value === null) {
      this.#keys -= Number(this.#statements.deleteKey.run(key).changes);
    } else if (Number(this.#statements.updateKey.run(value, key).changes) === 0) {
      this.#statements.insertKey.run(key, value);
      this.#keys++;
    }
  }

  // One at a time: a statement's `iterate` gives nothing the second time in Deno 2.4.
  *#log(from: number, to: number): Generator<Entry> {
    for (let index = from; index <= to; index++) {
      const row = this.#statements.readLog.get(index);
      if (row === undefined) return;
      const { origin, n, time } = row;
      const message = { origin: Number(origin), n: Number(n), time: Number(time) };
      yield { index, message: { ...message, operation: readOperation(row) } };
    }
  }

  #position(): Position {
    const row = this.#statements.readLog.get(this.#index);
    if (row === undefined) return START;
    return { index: this.#index, time: Number(row.time), id: Number(row.origin) };
  }

  #protocol(name: string): unknown {
    return readProtocol(this.#db, name);
  }

  #setProtocol(name: string, value: unknown): void {
    this.#statements.setProtocol.run(name, JSON.stringify(value));
  }
}

type Row = Record<string, unknown>;

type Statements = ReturnType<typeof prepare>;

function prepare(db: DatabaseSync) {
  const put = (table: string, first: string) =>
    db.prepare(
      `INSERT OR REPLACE INTO ${table} (${first}) VALUES (${first.replaceAll(/\w+/g, "?")})`,
    );
  return {
    setProtocol: put("protocol", "name, value"),
    origin: put("origins", "origin, delivered, applied"),
    putPending: put("pending", "origin, n, time, key, value, request"),
    deletePending: db.prepare("DELETE FROM pending WHERE origin = ? AND n = ?"),
    putLog: put("log", "idx, origin, n, time, key, value, request"),
    readLog: db.prepare("SELECT * FROM log WHERE idx = ?"),
    get: db.prepare("SELECT value FROM keys WHERE key = ?"),
    scan: db.prepare(
      // Each parameter once: Deno 2.4 counts one that is used twice as two.
      "SELECT key, value FROM keys WHERE key >= ? AND key < ? AND key > coalesce(?, x'') " +
        "ORDER BY key LIMIT ?",
    ),
    updateKey: db.prepare("UPDATE keys SET value = ? WHERE key = ?"),
    insertKey: db.prepare("INSERT INTO keys (key, value) VALUES (?, ?)"),
    deleteKey: db.prepare("DELETE FROM keys WHERE key = ?"),
    request: db.prepare("SELECT idx FROM requests WHERE id = ?"),
    putRequest: put("requests", "id, idx"),
    forgetRequests: db.prepare("DELETE FROM requests WHERE idx <= ?"),
  };
}

/** Opens the store's file; if that or what is done with it fails, leaves the folder. */
function guarded<T>(
  folder: Folder,
  options: { readonly readOnly?: boolean },
  act: (db: DatabaseSync) => T,
): T {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(folder.file, options);
    return act(db);
  } catch (error) {
    db?.close();
    folder.release();
    // The last is all that Deno 2.4 says of a file that is cut off.
    if (/malformed|not a database|corrupt|failed to prepare/.test(reason(error))) {
      throw damage(folder.path, reason(error), error);
    }
    throw error;
  }
}

/** What SQLite keeps beside a database's file. */
const SIDE_FILES = ["-wal", "-shm", "-journal"];

/**
 * Makes the store under another name, so that under its own it is whole from the first moment on,
 * whenever the process is killed.
 */
function makeIfNone(folder: Folder, owner: Owner): void {
  if (sizeOf(folder.file) > 0) return;
  const making = `${folder.path}/store.new`;
  const leftOver = ["", ...SIDE_FILES].map((suffix) => `${making}${suffix}`);
  // A log of a store that is gone would be taken for the new one's.
  const strange = SIDE_FILES.map((suffix) => `${folder.file}${suffix}`);
  try {
    for (const path of [...leftOver, ...strange]) {
      if (existsSync(path)) Deno.removeSync(path);
    }
    create(making, owner);
    Deno.renameSync(making, folder.file);
  } catch (error) {
    folder.release();
    throw error;
  }
}

function sizeOf(path: string): number {
  return existsSync(path) ? Deno.statSync(path).size : 0;
}

function create(path: string, owner: Owner): void {
  const db = new DatabaseSync(path);
  try {
    fill(db, owner);
  } finally {
    db.close();
  }
}

function fill(db: DatabaseSync, { id, replicas }: Owner): void {
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}`);
  db.exec(SCHEMA);
  const set = db.prepare("INSERT INTO protocol VALUES (?, ?)");
  const values = {
    id,
    replicas,
    identity: crypto.randomUUID(),
    promised: { round: 0, id: 0 },
    installed: null,
    n: 0,
    applied: 0,
    boot: null,
  };
  for (const [name, value] of Object.entries(values)) set.run(name, JSON.stringify(value));
  db.exec("COMMIT");
}

/** When the machine was started, in milliseconds of its clock; null if that is not told. */
function bootTime(): number | null {
  try {
    return Date.now() - Deno.osUptime() * 1000;
  } catch {
    return null;
  }
}

/** Whether nothing was forgotten: the store was closed, or the machine has run ever since. */
function isThisBoot(noted: unknown): boolean {
  if (noted === null) return true;
  const boot = bootTime();
  return typeof noted === "number" && boot !== null && Math.abs(noted - boot) < BOOT_TOLERANCE_MS;
}

function checkWhole(db: DatabaseSync, folder: Folder): void {
  const found = column(db.prepare("PRAGMA quick_check(1)"), "quick_check");
  if (found !== "ok") throw damage(folder.path, String(found));
}

function readProtocol(db: DatabaseSync, name: string): unknown {
  const value = column(db.prepare("SELECT value FROM protocol WHERE name = ?"), "value", name);
  invariant(typeof value === "string", `the store knows its ${name}`);
  return parseJson(value);
}

function column(statement: StatementSync, name = "value", ...parameters: string[]): unknown {
  return statement.get(...parameters)?.[name];
}

function columns(operation: Operation) {
  return {
    key: encoder.encode(operation.key),
    value: operation.type === "set" ? encoder.encode(operation.value) : null,
    request: operation.id === undefined ? null : encoder.encode(operation.id),
  };
}

function readOperation({ key, value, request }: Row): Operation {
  const id = request === null ? {} : { id: decoder.decode(request as Uint8Array) };
  const text = decoder.decode(key as Uint8Array);
  if (value === null) return { type: "delete", key: text, ...id };
  const bytes = value as Uint8Array;
  return { type: "set", key: text, value: decoder.decode(bytes), bytes: bytes.length, ...id };
}
