/**
 * The store on disk: an append-only log, and SQLite behind it.
 *
 * One commit is one record of the log (`log_record.ts`), in one write; it is forced to disk where
 * it must be safe. What is applied goes to layers in memory (`layers.ts`), which are carried into
 * SQLite bit by bit (`flush.ts`) each time the log begins a new segment. At a start the log is
 * read back (`replay.ts`): first what SQLite holds already, then what it does not.
 *
 * @module
 */

import { invariant } from "../invariant.ts";
import { READ_CACHE_BYTES, SCAN_ROWS_MAX, SEGMENT_BYTES } from "../limits.ts";
import type { Entry, Outcome, Snapshot } from "../order/message.ts";
import type { Result } from "../order/operation.ts";
import type { Durable } from "../order/step.ts";
import type { Fsync } from "./boot.ts";
import { diskError } from "./disk.ts";
import type { Folder } from "./folder.ts";
import { Flush } from "./flush.ts";
import { Layers } from "./layers.ts";
import { Log } from "./log.ts";
import {
  encodeBoot,
  encodeDelivered,
  encodeEntries,
  encodeHead,
  encodeIdentity,
  encodeInstalled,
  encodeOutbox,
  encodePending,
  encodePromised,
} from "./log_line.ts";
import { inspectFolder, openFolder, segmentsOf, type StoreFacts } from "./open_folder.ts";
import { ReadCache } from "./read_cache.ts";
import { replay } from "./replay.ts";
import { Run } from "./run.ts";
import { SqliteSnapshot } from "./sqlite_snapshot.ts";
import { allBounds, type ProtocolWrite, type ReplicaState } from "./state.ts";
import type { Commit, Page, SnapshotReader, Store, StoreBounds } from "./store.ts";
import type { Owner, Place, Tables } from "./tables.ts";
import { encodeBroadcast } from "../wire/peer.ts";

export type { Fsync } from "./boot.ts";
export type { StoreFacts } from "./open_folder.ts";
export type { Owner } from "./tables.ts";

/** How much a store on disk keeps. */
export interface DiskBounds extends StoreBounds {
  /** How long a segment of the log gets, in bytes. */
  readonly segmentBytes?: number;
  /** Zeros that are written ahead in the log, at a time; 0 for none. */
  readonly aheadBytes?: number;
  /** Bytes of values that were read of late. */
  readonly readCacheBytes?: number;
}

/** A replica's store in its folder. */
export class SqliteStore implements Store {
  /** What kind of store it is. */
  readonly kind = "sqlite";
  /** Whether the machine was started anew since the store was used, and it was not closed. */
  readonly mayHaveForgotten: boolean;
  readonly #folder: Folder;
  readonly #owner: Owner;
  readonly #fsync: Fsync;
  readonly #segmentBytes: number;
  readonly #requestIdsKept: number;
  readonly #state: ReplicaState;
  readonly #tables: Tables;
  readonly #layers: Layers;
  readonly #log: Log;
  readonly #run: Run;
  readonly #snapshots = new Set<SqliteSnapshot>();
  #flush: Flush | null = null;
  /** The index whose state the tables hold, on disk. */
  #carried: number;
  /** How many parts of a snapshot are staged, and of which place. */
  #parts = 0;
  #partsOf = 0;
  /** Whether the disk refused something: then nothing more is written. */
  #failed = false;

  /**
   * Looks whether a store that is there is whole, and whose it is, without a write: not even what
   * a crash left is tidied up.
   *
   * @throws {FolderError} if it is damaged; the folder is released then
   */
  static inspect(folder: Folder): StoreFacts {
    return inspectFolder(folder);
  }

  /**
   * Opens the store in a folder that was taken, and inspected if there was a store in it; makes it
   * if there is none. If a power cut may have made it forget what its replica said, it gets a new
   * identity.
   *
   * @throws {FolderError} if it is damaged; the folder is released then
   * @throws {DiskError} if the disk refuses it; likewise
   */
  static open(folder: Folder, owner: Owner, fsync: Fsync, bounds: DiskBounds = {}): SqliteStore {
    return openFolder(
      folder,
      owner,
      (tables) => new SqliteStore(tables, folder, owner, fsync, bounds),
    );
  }

  private constructor(
    tables: Tables,
    folder: Folder,
    owner: Owner,
    fsync: Fsync,
    bounds: DiskBounds,
  ) {
    const all = allBounds(bounds);
    this.#folder = folder;
    this.#owner = owner;
    this.#fsync = fsync;
    this.#segmentBytes = bounds.segmentBytes ?? SEGMENT_BYTES;
    this.#requestIdsKept = all.requestIdsKept;
    this.#tables = tables;
    const place = tables.place();
    const cache = new ReadCache(bounds.readCacheBytes ?? READ_CACHE_BYTES);
    this.#layers = new Layers(tables, cache, { ...place, ...all });
    this.#carried = place.position.index;
    const { state, boot, end, isBehind } = replay(segmentsOf(folder), place, {
      bounds: all,
      layers: this.#layers,
    });
    this.#state = state;
    this.#run = new Run(boot, fsync);
    this.#log = Log.open(folder.path, end, bounds.aheadBytes);
    if (isBehind) this.#beginSegment(true);
    this.mayHaveForgotten = this.#run.mayHaveForgotten;
    if (this.#run.mustBeAnother) this.#renewIdentity();
    tables.emptyStage();
    this.#state.log.trim(this.#state.applied);
    this.#dropSegments();
  }

  /** How many keys there are. */
  get keys(): number {
    return this.#guard(() => this.#layers.count);
  }

  /** The index of the last entry applied. */
  get applied(): number {
    return this.#state.applied;
  }

  /** By origin: the highest `n` applied. */
  get appliedN(): readonly number[] {
    return this.#state.appliedN;
  }

  /** The index of the first entry that the log holds; if it holds none, of the next. */
  get logFrom(): number {
    return this.#state.log.from;
  }

  /** The index of the newest request id that is forgotten; 0 if none is. */
  get forgotten(): number {
    return this.#guard(() => this.#layers.forgottenAt(this.#state.applied));
  }

  /** What the protocol core goes on from. */
  load(): Durable {
    return this.#state.load();
  }

  /** Carries all of it out, and writes it down as one record: on disk as a whole, or not at all. */
  commit({ writes, deliver, apply }: Commit, safe: boolean): readonly Result[] {
    return this.#guard(() => {
      invariant(!this.#failed, "a store whose disk failed is used no more");
      // Until this has come to its end, it has failed.
      this.#failed = true;
      if (this.#run.note === null) this.#noteRun();
      for (const write of writes) {
        if (write.type === "snapshot") this.#takePart(write);
        else this.#write(write);
      }
      if (deliver.length > 0) this.#deliver(deliver);
      const results: Result[] = [];
      for (const entry of apply) {
        results.push(this.#state.apply(entry, this.#layers, this.#layers.requests));
      }
      const settled = this.#run.settle(this.#state.position);
      if (settled !== null) this.#log.add(encodeBoot(settled));
      this.#record(safe);
      this.#state.log.trim(this.#state.applied);
      this.#failed = false;
      return results;
    });
  }

  /** Forces to disk what was committed before, while others work; not called again before that. */
  async forceLater(): Promise<void> {
    try {
      await this.#log.forceLater();
    } catch (error) {
      throw this.#told(error);
    }
  }

  /** Log entries from one index to another, as many as one answer to a fetch may bear. */
  read(from: number, to: number): Entry[] {
    return this.#state.log.read(from, to);
  }

  /** What is applied now, in parts, unchanged by what is committed later. */
  snapshot(): SnapshotReader {
    return this.#guard(() => {
      this.#flushAll();
      const snapshot = new SqliteSnapshot(
        this.#folder,
        this.#tables.place(),
        this.#requestIdsKept,
        () => this.#snapshots.delete(snapshot),
      );
      this.#snapshots.add(snapshot);
      return snapshot;
    });
  }

  /** From now on the log is trimmed only before this index, which a peer still needs; or Infinity. */
  keepFrom(index: number): void {
    this.#state.log.keepFrom(index);
  }

  /** What came of a request's id, if that is applied here and not forgotten. */
  outcome(id: string): Outcome | undefined {
    return this.#guard(() => this.#layers.requests.get(id, this.#state.applied));
  }

  /** The value of a key. */
  get(key: string): string | undefined {
    return this.#guard(() => this.#layers.get(key));
  }

  /** Brings some of what is applied into the tables; true when but little is left. */
  prepareScan(): boolean {
    return this.#guard(() => {
      if (this.#flush === null && this.#layers.rows > SCAN_ROWS_MAX) {
        this.#flush = this.#newFlush(false);
      }
      if (this.#flush !== null) this.#endFlush(this.#flush, SCAN_ROWS_MAX);
      return this.#flush === null && this.#layers.rows <= SCAN_ROWS_MAX;
    });
  }

  /** Keys that begin with the prefix, with their values, in the order of their bytes. */
  scan(prefix: string, page: Page = {}): (readonly [key: string, value: string])[] {
    return this.#guard(() => {
      this.#flushAll();
      return this.#tables.scan(prefix, page);
    });
  }

  /**
   * Ends the use of the store, and of the snapshots that are read from it. All that was committed
   * is on disk then, however it was written: a clean stop forgets nothing.
   */
  close(): void {
    try {
      for (const snapshot of this.#snapshots) snapshot.close();
      if (this.#failed || this.#run.note === null) return;
      this.#guard(() => {
        this.#log.add(encodeBoot(this.#run.end()));
        this.#log.write();
        this.#log.force();
      });
    } finally {
      this.#log.close();
      this.#tables.close();
      this.#folder.release();
    }
  }

  /** Does it; what the disk says to it is told in the words of an operator. */
  #guard<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw this.#told(error);
    }
  }

  #told(error: unknown): unknown {
    const told = diskError(error, this.#folder);
    if (told !== error) this.#failed = true;
    return told;
  }

  // The log

  #write(write: ProtocolWrite): void {
    const wasInstalled = this.#state.installed !== null;
    this.#state.write(write);
    switch (write.type) {
      case "promised":
        return this.#log.add(encodePromised(write.ballot));
      case "received":
        return this.#log.add(encodeBroadcast(write.broadcast));
      case "outbox":
        return encodeOutbox(write.numbered, (line) => this.#log.add(line));
      case "installed": {
        const { view, pending, outbox, n } = write;
        this.#run.carries(pending, wasInstalled);
        this.#log.add(encodeInstalled(view, n));
        encodePending(pending, (line) => this.#log.add(line));
        encodeOutbox(outbox, (line) => this.#log.add(line));
      }
    }
  }

  #deliver(entries: readonly Entry[]): void {
    if (this.#state.deliver(entries)) this.#log.add(encodeDelivered(this.#state.position));
    else encodeEntries(entries, (line) => this.#log.add(line));
  }

  /** What was gathered becomes a record; then what is to be done from time to time is. */
  #record(safe: boolean): void {
    const before = this.#log.bytes;
    this.#log.write();
    if (safe && this.#fsync === "always") this.#log.force();
    this.#advanceFlush(this.#log.bytes - before);
    if (this.#log.bytes < Math.max(this.#segmentBytes, this.#log.headBytes)) return;
    this.#beginSegment(false);
    if (this.#flush === null) this.#flush = this.#newFlush(true);
    this.#dropSegments();
  }

  /** A segment begins with the whole state, so that what came before can be dropped. */
  #beginSegment(fresh: boolean): void {
    const log = this.#log;
    const { pending, outbox, ...state } = this.#state.load();
    log.clear();
    log.add(encodeHead({ type: "head", number: log.nextNumber, fresh, ...this.#owner, ...state }));
    log.add(encodeBoot(this.#run.note ?? this.#run.found));
    encodePending(pending, (line) => log.add(line));
    encodeOutbox(outbox, (line) => log.add(line));
    log.rotate(state.position.index);
    if (fresh) log.dropAllButLast();
  }

  /** Segments are of use for what is not in the tables, and for what peers may lack. */
  #dropSegments(): void {
    this.#log.dropBefore(Math.min(this.#state.log.from, this.#carried + 1));
  }

  // The machine's run

  /** Before the first commit, and on disk before it. */
  #noteRun(): void {
    this.#log.add(encodeBoot(this.#run.begin()));
    this.#log.write();
    this.#log.force();
  }

  /** What this folder promised may be forgotten: it must not count for what it was. */
  #renewIdentity(): void {
    const former = this.#state.former ?? this.#state.identity;
    const identity = crypto.randomUUID();
    this.#state.rename(identity, former);
    this.#log.add(encodeIdentity(identity, former));
    this.#noteRun();
  }

  // The tables

  #place(): Omit<Place, "forgotten"> {
    const { applied, appliedN } = this.#state;
    return { position: this.#state.positionAt(applied), appliedN: [...appliedN] };
  }

  #newFlush(safe: boolean): Flush {
    return new Flush(this.#tables, this.#layers, {
      ...this.#place(),
      ...{ requestIdsKept: this.#requestIdsKept, safe },
    });
  }

  /** So much at a time that it has ended when the log is half a segment further. */
  #advanceFlush(written: number): void {
    if (this.#flush === null) return;
    const rows = Math.ceil(2 * this.#flush.rows * written / this.#segmentBytes);
    this.#endFlush(this.#flush, rows + 1);
  }

  #endFlush(flush: Flush, rows: number): void {
    if (!flush.advance(rows)) return;
    this.#flush = null;
    if (flush.safe) this.#carried = flush.index;
    this.#dropSegments();
  }

  /** Brings all that is applied into the tables. */
  #flushAll(): void {
    if (this.#flush !== null) this.#endFlush(this.#flush, Infinity);
    // What changes nothing leads on, too.
    const { index } = this.#tables.place().position;
    if (index < this.#state.applied) this.#endFlush(this.#newFlush(false), Infinity);
  }

  // Snapshots that come

  #takePart(snapshot: Snapshot): void {
    const { part, position } = snapshot;
    if (part === 0) {
      this.#tables.emptyStage();
      this.#parts = 0;
      this.#partsOf = position.index;
    }
    invariant(
      part === this.#parts && position.index === this.#partsOf,
      "the parts of a snapshot follow each other",
    );
    this.#parts++;
    this.#tables.stage(snapshot);
    if (snapshot.last) this.#restore(snapshot);
  }

  /**
   * What is staged takes the place of what was applied, and of the log. From the moment on that
   * the tables hold it, a start goes on from there, with whatever the log says of the protocol.
   */
  #restore({ position, deliveredN, forgotten }: Snapshot): void {
    this.#state.restore(position, deliveredN);
    this.#tables.unstage({ position, appliedN: deliveredN, forgotten });
    this.#flush = null;
    this.#parts = 0;
    this.#layers.restart(forgotten);
    this.#carried = position.index;
    this.#beginSegment(true);
  }
}
