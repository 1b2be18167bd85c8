/**
 * The log on disk, open: what is appended, forced to disk, and dropped.
 *
 * Zeros are written ahead, and records over them: to force a record to disk is then to write its
 * bytes, where a file that grows with each record has its length and its blocks written as well.
 *
 * @module
 */

import { existsSync } from "@std/fs/exists";
import { invariant } from "../invariant.ts";
import { LOG_AHEAD_BYTES } from "../limits.ts";
import { RecordBuffer } from "./log_record.ts";
import { logFolder, newSegmentFile, segmentFile, syncFolder, writeAll } from "./segments.ts";

/** A segment, and the last index delivered before it. */
export interface Segment {
  readonly number: number;
  readonly from: number;
}

/** Where a log that was read ends. */
export interface LogEnd {
  /** The segments, ascending. */
  readonly segments: readonly Segment[];
  /** Bytes of the last one, … */
  readonly size: number;
  /** … of its head, … */
  readonly headSize: number;
  /** … and of what is known to be on disk. */
  readonly forced: number;
}

/** Appends to a replica's log. */
export class Log {
  readonly #path: string;
  readonly #record = new RecordBuffer();
  readonly #zeros: Uint8Array;
  #segments: Segment[];
  #file: Deno.FsFile | null = null;
  #size = 0;
  /** What the file has; from `#size` on it is zeros. */
  #fileSize = 0;
  #headSize = 0;
  #forced = 0;

  private constructor(path: string, segments: readonly Segment[], aheadBytes: number) {
    this.#path = path;
    this.#segments = [...segments];
    this.#zeros = new Uint8Array(aheadBytes);
  }

  /** Begins a log, of which there is nothing yet. It needs a segment first. */
  static create(path: string): Log {
    // What is left of another one.
    if (existsSync(logFolder(path))) Deno.removeSync(logFolder(path), { recursive: true });
    Deno.mkdirSync(logFolder(path), { recursive: true });
    syncFolder(path);
    return new Log(path, [], 0);
  }

  /**
   * Goes on where a log ends; what a crash has left torn behind that is cut off. Zeros are written
   * so many at a time.
   */
  static open(
    path: string,
    { segments, size, headSize, forced }: LogEnd,
    aheadBytes: number = LOG_AHEAD_BYTES,
  ): Log {
    const log = new Log(path, segments, aheadBytes);
    const last = segments[segments.length - 1];
    const file = Deno.openSync(segmentFile(path, last.number), { write: true });
    file.truncateSync(size);
    file.seekSync(size, Deno.SeekMode.Start);
    log.#file = file;
    log.#size = log.#fileSize = size;
    log.#headSize = headSize;
    log.#forced = forced;
    return log;
  }

  /** The number of the next segment. */
  get nextNumber(): number {
    return (this.#segments.at(-1)?.number ?? 0) + 1;
  }

  /** Bytes of the present segment, besides its head. */
  get bytes(): number {
    return this.#size - this.#headSize;
  }

  /** Bytes of the present segment's head. */
  get headBytes(): number {
    return this.#headSize;
  }

  /** Adds a line to the record that is written next. */
  add(line: string): void {
    this.#record.add(line);
  }

  /** Drops the lines that were added and not written. */
  clear(): void {
    this.#record.clear();
  }

  /** Writes the lines that were added, as one record. It outlives the process then. */
  write(): void {
    if (this.#record.isEmpty) return;
    invariant(this.#file !== null, "a log has a segment to write to");
    const record = this.#record.finish(this.#forced);
    this.#writeAhead(this.#file, record.length);
    try {
      writeAll(this.#file, record);
    } catch (error) {
      this.#cutBack(this.#file);
      throw error;
    }
    this.#size += record.length;
    this.#fileSize = Math.max(this.#fileSize, this.#size);
    this.#record.clear();
  }

  /** What was written outlives a power cut when this returns. */
  force(): void {
    if (this.#forced === this.#size) return;
    this.#file?.syncDataSync();
    this.#forced = this.#size;
  }

  /** The same without waiting: what is written until it is kept may have been too late for it. */
  async forceLater(): Promise<void> {
    const [file, size] = [this.#file, this.#size];
    if (file === null || this.#forced === size) return;
    try {
      await file.syncData();
    } catch (error) {
      // Where a new segment was begun, or the log was closed, all of this one was forced.
      if (this.#file === file) throw error;
    }
    if (this.#file === file) this.#forced = Math.max(this.#forced, size);
  }

  /** Begins a segment with the lines that were added: it and all before it are on disk then. */
  rotate(from: number): void {
    this.#cutZeros();
    this.force();
    const number = this.nextNumber;
    const making = newSegmentFile(this.#path);
    const file = Deno.openSync(making, { write: true, create: true, truncate: true });
    try {
      const record = this.#record.finish(0);
      writeAll(file, record);
      file.syncDataSync();
      Deno.renameSync(making, segmentFile(this.#path, number));
      syncFolder(logFolder(this.#path));
      this.#headSize =
        this.#size =
        this.#fileSize =
        this.#forced =
          record.length;
    } catch (error) {
      file.close();
      throw error;
    }
    this.#file?.close();
    this.#file = file;
    this.#segments.push({ number, from });
    this.#record.clear();
  }

  /** Removes the segments whose entries all lie before this index. */
  dropBefore(index: number): void {
    while (this.#segments.length > 1 && this.#segments[1].from < index) this.#dropFirst();
  }

  /** Removes all segments but the last. */
  dropAllButLast(): void {
    while (this.#segments.length > 1) this.#dropFirst();
  }

  /** Ends its use. */
  close(): void {
    try {
      this.#cutZeros();
    } catch {
      // Zeros at the end say nothing.
    }
    this.#file?.close();
    this.#file = null;
  }

  // The oldest first: whenever this ends, what is left has no gap.
  #dropFirst(): void {
    Deno.removeSync(segmentFile(this.#path, this.#segments[0].number));
    this.#segments.shift();
  }

  /** Writes zeros where the next record goes, unless there are enough, or it is long by itself. */
  #writeAhead(file: Deno.FsFile, bytes: number): void {
    const { length } = this.#zeros;
    if (this.#size + bytes <= this.#fileSize || bytes * 4 > length) return;
    try {
      writeAll(file, this.#zeros);
      this.#fileSize = this.#size + length;
    } catch {
      // There may still be room for the record.
      this.#cutBack(file);
    }
    file.seekSync(this.#size, Deno.SeekMode.Start);
  }

  #cutZeros(): void {
    if (this.#fileSize === this.#size) return;
    this.#file?.truncateSync(this.#size);
    this.#fileSize = this.#size;
  }

  /** Half a record must not stay: the next start would cut it off, but a full disk has no room. */
  #cutBack(file: Deno.FsFile): void {
    try {
      file.truncateSync(this.#size);
      this.#fileSize = this.#size;
    } catch {
      // The next start cuts it off.
    }
  }
}
