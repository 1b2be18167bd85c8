/**
 * The store on disk: SQLite, from the runtime (`node:sqlite`).
 *
 * One commit is one transaction. In write-ahead mode SQLite forces it to disk with
 * `synchronous = FULL` and leaves that to the system with `NORMAL`, and the setting may change
 * between transactions: so only what must be safe waits for the disk. A later forced commit
 * also forces all before it.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { reason } from "../errors.ts";
import { invariant, unreachable } from "../invariant.ts";
import {
  FETCH_ENTRIES_MAX,
  FORGET_EVERY,
  LOG_BYTES_KEPT,
  LOG_ENTRIES_KEPT,
  LOG_TRIM_PART,
  MESSAGE_OVERHEAD_BYTES,
  REQUEST_IDS_KEPT,
  WAL_BYTES_KEPT,
} from "../limits.ts";
import type {
  Entry,
  Message,
  Numbered,
  Operation,
  Outcome,
  Position,
  Snapshot,
  View,
} from "../order/message.ts";
import type { Durable, Write } from "../order/step.ts";
import { type Result, STORED } from "../order/operation.ts";
import type { Ballot } from "../order/timestamp.ts";
import { type BootNote, bootTime, type Fsync, isThisBoot, weaker } from "./boot.ts";
import { diskError } from "./disk.ts";
import { damage, type Folder } from "./folder.ts";
import { column, newestForgotten, positionAt, readCounts, readProtocol } from "./protocol.ts";
import {
  decodeOperation,
  decodeOutcome,
  decodeText,
  encodeOperation,
  encodeText,
  type OperationColumns,
} from "./rows.ts";
import { makeIfNone, type Owner, UNSTAGE } from "./schema.ts";
import { SqliteSnapshot } from "./sqlite_snapshot.ts";
import { LOG_BYTES, prepare, type Statements } from "./statements.ts";
import {
  type Commit,
  fitting,
  isCarriedOut,
  type Page,
  remembers,
  type SnapshotReader,
  type Store,
  type StoreBounds,
} from "./store.ts";

export type { Fsync } from "./boot.ts";
export type { Owner } from "./schema.ts";

/** What a store says of itself. */
export interface StoreFacts extends Owner {
  /** The cluster that it belongs to; null before its first view. */
  readonly cluster: string | null;
}

/** What is kept at hand of what the database holds: replaced as a whole, or not at all. */
interface Held {
  keys: number;
  /** The index of the last entry applied … */
  applied: number;
  /** … and of the last delivered. */
  index: number;
  deliveredN: number[];
  appliedN: number[];
  /** The highest own number. */
  n: number;
  /** The index of the first entry in the log, or of the next one. */
  logFrom: number;
  /** Bytes of the log's applied entries. */
  logBytes: number;
  /** What the store bears of the machine's run; null before the first commit. */
  boot: BootNote | null;
  /** Messages that the last view began with and that are not delivered; null before a view. */
  carried: number | null;
  /** How many parts of a snapshot are staged, and of which place. */
  parts: number;
  partsOf: number;
}

/** SQLite's word for what a commit waits for: all before it, nothing yet, nothing ever. */
type Synchronous = "FULL" | "NORMAL" | "OFF";

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
  readonly #bounds: Required<StoreBounds>;
  readonly #statements: Statements;
  /** What the store bore when it was opened. */
  readonly #found: BootNote | null;
  readonly #snapshots = new Set<SqliteSnapshot>();
  #keptFrom = Infinity;
  /** Of the commit that is under way. */
  readonly #encoded = new Map<Operation, OperationColumns>();
  #synchronous = "";
  #held: Held;
  /** Writes that `interval` has not yet forced to disk. */
  #unforced = false;
  /** Whether the disk refused something: then nobody may take it for well closed. */
  #failed = false;

  /**
   * Looks whether a store that is there is whole, and whose it is, without a write: not even what
   * a crash left is tidied up. Every page is looked at: half a second for a million small keys.
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
   * if there is none. If a power cut may have made it forget what its replica said, it gets a new
   * identity.
   *
   * @throws {FolderError} if it is damaged; the folder is released then
   * @throws {DiskError} if the disk refuses it; likewise
   */
  static open(
    folder: Folder,
    owner: Owner,
    fsync: Fsync,
    bounds: StoreBounds = {},
  ): SqliteStore {
    try {
      makeIfNone(folder, owner);
    } catch (error) {
      folder.release();
      throw diskError(error, folder);
    }
    return guarded(folder, {}, (db) => new SqliteStore(db, folder, owner, fsync, bounds));
  }

  private constructor(
    db: DatabaseSync,
    folder: Folder,
    { id }: Owner,
    fsync: Fsync,
    bounds: StoreBounds,
  ) {
    this.#db = db;
    this.#folder = folder;
    this.#fsync = fsync;
    this.#self = id;
    this.#bounds = {
      logEntriesKept: bounds.logEntriesKept ?? LOG_ENTRIES_KEPT,
      logBytesKept: bounds.logBytesKept ?? LOG_BYTES_KEPT,
      requestIdsKept: bounds.requestIdsKept ?? REQUEST_IDS_KEPT,
    };
    db.exec("PRAGMA journal_mode = WAL; PRAGMA cache_size = -65536");
    db.exec(`PRAGMA journal_size_limit = ${WAL_BYTES_KEPT}`);
    this.#statements = prepare(db);
    this.#held = recall(db);
    this.#found = this.#protocol("boot") as BootNote | null;
    const cut = this.#found !== null && !isThisBoot(this.#found);
    this.mayHaveForgotten = cut || this.#found?.forgot === true;
    if (cut && this.#found?.fsync !== "always") this.#renewIdentity();
    const staged = "SELECT 1 AS value FROM staged_keys UNION ALL SELECT 1 FROM staged_requests";
    if (column(db.prepare(staged)) !== undefined) {
      this.#transact(this.#ordinary(false), () => this.#emptyStage());
    }
  }

  /** How many keys there are. */
  get keys(): number {
    return this.#held.keys;
  }

  /** The index of the last entry applied. */
  get applied(): number {
    return this.#held.applied;
  }

  /** By origin: the highest `n` applied. */
  get appliedN(): readonly number[] {
    return this.#held.appliedN;
  }

  /** The index of the first entry that the log holds; if it holds none, of the next. */
  get logFrom(): number {
    return this.#held.logFrom;
  }

  /** The index of the newest request id that is forgotten; 0 if none is. */
  get forgotten(): number {
    return newestForgotten(this.#db, this.#held.applied - this.#bounds.requestIdsKept);
  }

  /** What the protocol core goes on from. */
  load(): Durable {
    const pending: Message[] = [];
    const outbox: Numbered[] = [];
    for (const row of this.#db.prepare("SELECT * FROM pending ORDER BY origin, n").all()) {
      const operation = decodeOperation(row);
      const n = Number(row.n);
      if (row.time === null) outbox.push({ n, operation });
      else pending.push({ origin: Number(row.origin), n, time: Number(row.time), operation });
    }
    return {
      identity: this.#protocol("identity") as string,
      former: this.#protocol("former") as string | null,
      promised: this.#protocol("promised") as Ballot,
      installed: this.#protocol("installed") as View | null,
      n: this.#held.n,
      position: positionAt(this.#db, this.#held.index),
      deliveredN: [...this.#held.deliveredN],
      pending,
      outbox,
    };
  }

  /** Carries all of it out in one transaction, or nothing. */
  commit({ writes, deliver, apply }: Commit, safe: boolean): readonly Result[] {
    if (this.#held.boot === null) this.#noteBoot();
    this.#transact(this.#ordinary(safe), () => {
      const held = this.#held;
      // An operation that is submitted again bears an old number: the highest counts.
      const known = held.n;
      for (const write of writes) held.n = Math.max(held.n, this.#write(write));
      if (held.n > known) this.#setProtocol("n", held.n);
      for (const entry of deliver) this.#deliver(entry);
      for (const entry of apply) this.#apply(entry);
      const origins = new Set([...deliver, ...apply].map(({ message }) => message.origin));
      for (const origin of origins) this.#setOrigin(origin);
      if (apply.length > 0) this.#setProtocol("applied", held.applied);
      this.#settle();
      this.#trim(apply.length);
    });
    this.#unforced ||= safe && this.#fsync !== "always";
    return apply.map(() => STORED);
  }

  /** Forces to disk what was committed without: for `interval`, each second. */
  force(): void {
    if (!this.#unforced || this.#fsync !== "interval") return;
    this.#unforced = false;
    this.#transact("FULL", () => this.#setProtocol("applied", this.#held.applied));
  }

  /** Log entries from one index to another, as many as one answer to a fetch may bear. */
  read(from: number, to: number): Entry[] {
    invariant(from >= this.#held.logFrom, "what a peer fetches is still in the log");
    return this.#guard(() => this.#read(from, to));
  }

  /** What is applied now, in parts, unchanged by what is committed later. */
  snapshot(): SnapshotReader {
    return this.#guard(() => {
      const snapshot = new SqliteSnapshot(
        this.#folder,
        this.#bounds.requestIdsKept,
        () => this.#snapshots.delete(snapshot),
      );
      this.#snapshots.add(snapshot);
      return snapshot;
    });
  }

  /** From now on the log is trimmed only before this index, which a peer still needs; or Infinity. */
  keepFrom(index: number): void {
    this.#keptFrom = index;
  }

  /** What came of a request's id, if that is applied here and not forgotten. */
  outcome(id: string): Outcome | undefined {
    const outcome = this.#guard(() => this.#outcome(encodeText(id)));
    return this.#remembers(outcome, this.#held.applied) ? outcome : undefined;
  }

  /** The value of a key. */
  get(key: string): string | undefined {
    return this.#guard(() => {
      const row = this.#statements.get.get(encodeText(key));
      return row === undefined ? undefined : decodeText(row.value);
    });
  }

  /** Keys that begin with the prefix, with their values, in the order of their UTF-8 bytes. */
  scan(prefix: string, { after, limit }: Page = {}): (readonly [key: string, value: string])[] {
    const from = encodeText(prefix);
    // No UTF-8 text has this byte, so it stands behind all keys with the prefix.
    const until = Uint8Array.of(...from, 0xff);
    return this.#guard(() =>
      this.#statements.scan
        .all(from, until, after === undefined ? null : encodeText(after), limit ?? -1)
        .map(({ key, value }) => [decodeText(key), decodeText(value)])
    );
  }

  /**
   * Ends the use of the store, and of the snapshots that are read from it. All that was committed
   * is on disk then, however it was written: a clean stop forgets nothing.
   */
  close(): void {
    try {
      for (const snapshot of this.#snapshots) snapshot.close();
      const { boot } = this.#held;
      if (boot === null || this.#failed) return;
      // What was never forced must be on disk before the note that all is.
      if (boot.fsync === "never") this.#forceAll(() => this.#setProtocol("boot", boot));
      // But what a power cut took is back only when a view has begun.
      const left = boot.forgot ? { ...boot, fsync: "always" } : null;
      this.#forceAll(() => this.#setProtocol("boot", left));
    } finally {
      this.#db.close();
      this.#folder.release();
    }
  }

  /** Does it; what the disk says to it is told in the words of an operator. */
  #guard<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      const told = diskError(error, this.#folder);
      if (told !== error) this.#failed = true;
      throw told;
    }
  }

  /** How a commit is written that must be on disk, or need not be. */
  #ordinary(safe: boolean): Synchronous {
    if (this.#fsync === "never") return "OFF";
    return safe && this.#fsync === "always" ? "FULL" : "NORMAL";
  }

  /** Carries it out; then all that was ever written to the file is on disk. */
  #forceAll(act: () => void): void {
    this.#transact("FULL", act);
    this.#guard(() => this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
  }

  #transact(synchronous: Synchronous, act: () => void): void {
    const before = this.#held;
    const { deliveredN, appliedN } = before;
    this.#held = { ...before, deliveredN: [...deliveredN], appliedN: [...appliedN] };
    this.#guard(() => {
      try {
        this.#setSynchronous(synchronous);
        this.#db.exec("BEGIN IMMEDIATE");
        act();
        this.#db.exec("COMMIT");
      } catch (error) {
        this.#held = before;
        this.#rollBack();
        throw error;
      } finally {
        this.#encoded.clear();
      }
    });
  }

  #rollBack(): void {
    try {
      this.#db.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
  }

  #setSynchronous(wanted: Synchronous): void {
    if (wanted === this.#synchronous) return;
    this.#db.exec(`PRAGMA synchronous = ${wanted}`);
    this.#synchronous = wanted;
  }

  // The machine's run

  /** Before the first commit, and on disk before it. */
  #noteBoot(): void {
    const found = this.#found;
    const ran = found !== null && isThisBoot(found);
    const fsync = ran ? weaker(found.fsync, this.#fsync) : this.#fsync;
    this.#forceAll(() => this.#setBoot({ at: bootTime(), fsync, forgot: this.mayHaveForgotten }));
  }

  /** What this folder promised may be forgotten: it must not count for what it was. */
  #renewIdentity(): void {
    this.#forceAll(() => {
      if (this.#protocol("former") === null) {
        this.#setProtocol("former", this.#protocol("identity"));
      }
      this.#setProtocol("identity", crypto.randomUUID());
      this.#setBoot({ at: bootTime(), fsync: this.#fsync, forgot: true });
    });
  }

  /** Once a view has begun and what it began with is delivered, nothing is forgotten any more. */
  #settle(): void {
    const { boot, carried } = this.#held;
    if (boot?.forgot === true && carried === 0) this.#setBoot({ ...boot, forgot: false });
  }

  /** A new folder's first view begins with messages: the one it replaces may have shown them. */
  #noteNew(): void {
    const { boot } = this.#held;
    invariant(boot !== null, "the machine's run is noted before the first commit");
    this.#setBoot({ ...boot, forgot: true });
  }

  #setBoot(boot: BootNote): void {
    this.#held.boot = boot;
    this.#setProtocol("boot", boot);
  }

  // What the protocol core wants on disk

  /** Carries out one write; returns the own number that it bears, or 0. */
  #write(write: Write): number {
    switch (write.type) {
      case "snapshot":
        this.#takePart(write);
        return 0;
      case "promised":
        this.#setProtocol("promised", write.ballot);
        return 0;
      case "outbox": {
        let highest = 0;
        for (const { n, operation } of write.numbered) {
          this.#put(this.#self, n, null, operation);
          highest = Math.max(highest, n);
        }
        return highest;
      }
      case "received": {
        let highest = 0;
        for (const { origin, n, time, operation } of write.broadcast.messages) {
          this.#put(origin, n, time, operation);
          if (origin === this.#self) highest = Math.max(highest, n);
        }
        return highest;
      }
      case "installed": {
        const { view, pending, outbox, n } = write;
        if (pending.length > 0 && this.#protocol("installed") === null) this.#noteNew();
        this.#setProtocol("installed", view);
        if (view.identities[this.#self] === this.#protocol("identity")) {
          this.#setProtocol("former", null);
        }
        this.#db.exec("DELETE FROM pending");
        for (const { origin, n, time, operation } of pending) this.#put(origin, n, time, operation);
        for (const { n, operation } of outbox) this.#put(this.#self, n, null, operation);
        this.#held.carried = pending.length;
        return n;
      }
      default:
        return unreachable(write);
    }
  }

  /** In one commit an operation is often received, delivered and applied: it is encoded once. */
  #encode(operation: Operation): OperationColumns {
    const known = this.#encoded.get(operation);
    if (known !== undefined) return known;
    const columns = encodeOperation(operation);
    this.#encoded.set(operation, columns);
    return columns;
  }

  #put(origin: number, n: number, time: number | null, operation: Operation): void {
    const { key, value, request, eventual, until } = this.#encode(operation);
    this.#statements.putPending.run(origin, n, time, key, value, request, eventual, until);
  }

  // Snapshots that come

  #takePart({ position, part, last, keys, requests, ...rest }: Snapshot): void {
    const held = this.#held;
    if (part === 0) this.#emptyStage();
    if (part === 0) held.partsOf = position.index;
    invariant(
      part === held.parts && position.index === held.partsOf,
      "the parts of a snapshot follow each other",
    );
    held.parts++;
    for (const [key, value] of keys) {
      this.#statements.stageKey.run(encodeText(key), encodeText(value));
    }
    for (const [id, { applied, index, origin, n }] of requests) {
      this.#statements.stageRequest.run(index, encodeText(id), origin, n, applied ? 1 : 0);
    }
    if (last) this.#restore({ position, ...rest });
  }

  #emptyStage(): void {
    this.#db.exec("DELETE FROM staged_keys; DELETE FROM staged_requests");
    this.#held.parts = 0;
  }

  /** What is staged takes the place of what was applied, and of the log. */
  #restore(
    { position, deliveredN, forgotten }: Pick<Snapshot, "position" | "deliveredN" | "forgotten">,
  ): void {
    const held = this.#held;
    invariant(position.index > held.index, "a snapshot leads further");
    this.#db.exec(UNSTAGE);
    this.#db.exec("DELETE FROM log");
    held.keys = countKeys(this.#db);
    held.applied = held.index = position.index;
    held.deliveredN = [...deliveredN];
    held.appliedN = [...deliveredN];
    held.logFrom = position.index + 1;
    held.logBytes = 0;
    held.parts = 0;
    for (const [origin, n] of deliveredN.entries()) {
      this.#setOrigin(origin);
      this.#statements.coverPending.run(origin, n);
    }
    this.#setProtocol("applied", position.index);
    this.#setProtocol("base", position);
    this.#setProtocol("forgotten", forgotten);
  }

  // The log

  #deliver({ index, message: { origin, n, time, operation } }: Entry): void {
    const held = this.#held;
    invariant(index === held.index + 1, "the log has no gap");
    held.index = index;
    held.deliveredN[origin] = n;
    if (held.carried !== null && held.carried > 0) held.carried--;
    const { key, value, request, eventual, until } = this.#encode(operation);
    this.#statements.putLog.run(index, origin, n, time, key, value, request, eventual, until);
    this.#statements.deletePending.run(origin, n);
  }

  // The sizes first: a thousand values may have a gibibyte.
  #read(from: number, to: number): Entry[] {
    const most = Math.max(0, Math.min(to - from + 1, FETCH_ENTRIES_MAX));
    const sizes = this.#statements.logBytes.all(from, most).map(({ bytes }) => Number(bytes));
    return this.#statements.readLog.all(from, from + fitting(sizes) - 1).map((row) => {
      const [index, origin, n, time] = [row.idx, row.origin, row.n, row.time].map(Number);
      return { index, message: { origin, n, time, operation: decodeOperation(row) } };
    });
  }

  /** Drops the oldest applied entries, in steps: no commit drops many more than it brings. */
  #trim(applied: number): void {
    const held = this.#held;
    const { logEntriesKept, logBytesKept } = this.#bounds;
    const behind = held.applied - held.logFrom;
    const slack = 1 + LOG_TRIM_PART;
    if (behind < logEntriesKept * slack && held.logBytes <= logBytesKept * slack) return;
    const step = Math.max(2 * applied, Math.ceil(logEntriesKept * LOG_TRIM_PART));
    // The last one applied stays: it tells the place.
    const most = Math.min(step, behind, this.#keptFrom - held.logFrom);
    if (most <= 0) return;
    const oldest = this.#statements.logBytes.all(held.logFrom, most);
    let dropped = 0;
    for (const { bytes } of oldest) {
      if (behind - dropped < logEntriesKept && held.logBytes <= logBytesKept) break;
      held.logBytes -= Number(bytes);
      dropped++;
    }
    if (dropped === 0) return;
    held.logFrom += dropped;
    this.#statements.trimLog.run(held.logFrom);
  }

  // What is applied

  #apply({ index, message: { origin, n, operation } }: Entry): void {
    const held = this.#held;
    invariant(index === held.applied + 1, "entries are applied in the order of their indexes");
    held.applied = index;
    held.appliedN[origin] = n;
    const { key, value, request } = this.#encode(operation);
    held.logBytes += MESSAGE_OVERHEAD_BYTES + key.length + (value?.length ?? 0);
    if (index % FORGET_EVERY === 0) this.#forget(index);
    if (request !== null) {
      const known = this.#outcome(request);
      const isRemembered = this.#remembers(known, index);
      if (!isCarriedOut(operation, index, isRemembered ? known : undefined)) return;
      // Its row is about to be replaced.
      if (known !== undefined && !isRemembered) this.#forget(index);
      const applied = operation.type !== "fence";
      this.#statements.putRequest.run(index, request, origin, n, applied ? 1 : 0);
      if (!applied) return;
    }
    if (value === null) {
      held.keys -= Number(this.#statements.deleteKey.run(key).changes);
    } else if (Number(this.#statements.updateKey.run(value, key).changes) === 0) {
      this.#statements.insertKey.run(key, value);
      held.keys++;
    }
  }

  #outcome(request: Uint8Array): Outcome | undefined {
    const row = this.#statements.request.get(request);
    return row === undefined ? undefined : decodeOutcome(row);
  }

  #remembers(outcome: Outcome | undefined, index: number): boolean {
    return remembers(outcome?.index, index, this.#bounds.requestIdsKept);
  }

  /** Deletes the request ids that no longer count at this index. */
  #forget(index: number): void {
    const until = index - this.#bounds.requestIdsKept;
    const newest = newestForgotten(this.#db, until);
    if (Number(this.#statements.forgetRequests.run(until).changes) === 0) return;
    this.#setProtocol("forgotten", newest);
  }

  #setOrigin(origin: number): void {
    const { deliveredN, appliedN } = this.#held;
    this.#statements.putOrigin.run(origin, deliveredN[origin], appliedN[origin]);
  }

  #protocol(name: string): unknown {
    return readProtocol(this.#db, name);
  }

  #setProtocol(name: string, value: unknown): void {
    this.#statements.setProtocol.run(name, JSON.stringify(value));
  }
}

/** Takes from the database what is kept at hand. */
function recall(db: DatabaseSync): Held {
  const applied = Number(readProtocol(db, "applied"));
  const base = readProtocol(db, "base") as Position;
  const index = Number(column(db.prepare("SELECT max(idx) AS value FROM log")) ?? base.index);
  const logFrom = column(db.prepare("SELECT min(idx) AS value FROM log")) ?? index + 1;
  const logBytes = db.prepare(`SELECT total(${LOG_BYTES}) AS value FROM log WHERE idx <= ?`);
  return {
    keys: countKeys(db),
    applied,
    index,
    deliveredN: readCounts(db, "delivered"),
    appliedN: readCounts(db, "applied"),
    n: Number(readProtocol(db, "n")),
    logFrom: Number(logFrom),
    logBytes: Number(column(logBytes, applied)),
    boot: null,
    carried: null,
    parts: 0,
    partsOf: 0,
  };
}

function countKeys(db: DatabaseSync): number {
  return Number(column(db.prepare("SELECT count(*) AS value FROM keys")));
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
    throw diskError(error, folder);
  }
}

function checkWhole(db: DatabaseSync, folder: Folder): void {
  const found = db.prepare("PRAGMA quick_check(1)").get()?.quick_check;
  if (found !== "ok") throw damage(folder.path, String(found));
}
