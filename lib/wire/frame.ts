/**
 * Frames: a 4-byte big-endian length, then that many bytes.
 *
 * Knows no socket: bytes are put in as they come, frames come out whole.
 *
 * @module
 */

import { StreamError } from "../errors.ts";
import { READ_BUFFER_BYTES, WRITE_BUFFER_BYTES } from "../limits.ts";

const LENGTH_BYTES = 4;

/** An empty buffer larger than this is replaced by a small one. */
const KEPT_BYTES_MAX = READ_BUFFER_BYTES * 16;

/**
 * Cuts a stream of bytes into frames. One buffer is reused for the whole connection; it grows
 * only with bytes that have really come, never because of a length that was only announced.
 *
 * @example Two frames in one chunk
 * ```ts
 * import { FrameReader, FrameWriter } from "./frame.ts";
 *
 * const writer = new FrameWriter();
 * writer.add('["get","x"]');
 * writer.add('["status"]');
 * const reader = new FrameReader(1024);
 * reader.push(writer.take());
 * for (let frame = reader.next(); frame !== null; frame = reader.next()) {
 *   console.log(new TextDecoder().decode(frame));
 * }
 * ```
 */
export class FrameReader {
  #frameBytesMax: number;
  #buffer = new Uint8Array(READ_BUFFER_BYTES);
  #start = 0;
  #end = 0;

  /** Makes a reader that refuses frames of more than this many bytes. */
  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /** From now on refuses frames of more than this many bytes. */
  limit(frameBytesMax: number): void {
    this.#frameBytesMax = frameBytesMax;
  }

  /** Bytes that have come and are not yet part of a frame given out. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Free room to read into; say with {@linkcode filled} how much was. Ends earlier frames. */
  space(): Uint8Array {
    if (this.#start === this.#end) {
      this.#start = this.#end = 0;
      // A large frame that has been dealt with keeps no memory for the connection's life.
      if (this.#buffer.length > KEPT_BYTES_MAX) this.#buffer = new Uint8Array(READ_BUFFER_BYTES);
    }
    if (this.#end === this.#buffer.length) this.#makeRoom();
    return this.#buffer.subarray(this.#end);
  }

  /** Says that the first `count` bytes of {@linkcode space} now hold what came. */
  filled(count: number): void {
    this.#end += count;
  }

  /** Takes a copy of bytes that came. Ends the life of frames given out before. */
  push(chunk: Uint8Array): void {
    while (chunk.length > 0) {
      const space = this.space();
      const count = Math.min(space.length, chunk.length);
      space.set(chunk.subarray(0, count));
      this.filled(count);
      chunk = chunk.subarray(count);
    }
  }

  /**
   * The next whole frame without its length, or null until more bytes have come. It is a view
   * that lives until the next {@linkcode space} or {@linkcode push}.
   *
   * @throws {StreamError} if the length is zero or over the limit
   */
  next(): Uint8Array | null {
    if (this.length < LENGTH_BYTES) return null;
    const b = this.#buffer;
    const at = this.#start;
    const length = b[at] * 2 ** 24 + (b[at + 1] << 16) + (b[at + 2] << 8) + b[at + 3];
    if (length === 0) {
      throw new StreamError("bad_request", "Cannot read frame: a length of 0 is not allowed");
    }
    if (length > this.#frameBytesMax) {
      throw new StreamError(
        "too_large",
        `Cannot read frame: its length of ${length} bytes is over the limit of ${this.#frameBytesMax}`,
      );
    }
    if (this.length < LENGTH_BYTES + length) return null;
    this.#start = at + LENGTH_BYTES + length;
    return b.subarray(at + LENGTH_BYTES, this.#start);
  }

  /** Moves what is left to the front; doubles the buffer if that gains less than half of it. */
  #makeRoom(): void {
    const left = this.#buffer.subarray(this.#start, this.#end);
    const size = left.length > this.#buffer.length / 2
      ? this.#buffer.length * 2
      : Math.max(READ_BUFFER_BYTES, left.length * 2);
    const buffer = size === this.#buffer.length ? this.#buffer : new Uint8Array(size);
    buffer.set(left);
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = left.length;
  }
}

const encoder = new TextEncoder();

/** Gathers frames, so that many go out in one write. */
export class FrameWriter {
  #buffer = new Uint8Array(WRITE_BUFFER_BYTES);
  /** What was given out last: it is filled again once the next is given out. */
  #spare = new Uint8Array(0);
  #end = 0;

  /** Bytes gathered since the last {@linkcode take}. */
  get length(): number {
    return this.#end;
  }

  /** Adds a frame that holds this text. */
  add(text: string): void {
    const from = this.#end + LENGTH_BYTES;
    // UTF-8 needs at most three bytes for each UTF-16 unit.
    this.#reserve(from + text.length * 3);
    const { written } = encoder.encodeInto(text, this.#buffer.subarray(from));
    const b = this.#buffer;
    b[this.#end] = written >>> 24;
    b[this.#end + 1] = written >>> 16;
    b[this.#end + 2] = written >>> 8;
    b[this.#end + 3] = written;
    this.#end = from + written;
  }

  /** Gives out all that was gathered, as bytes that nobody changes until the next call. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#buffer.subarray(0, this.#end);
    const { length } = this.#buffer;
    [this.#buffer, this.#spare] = [this.#spare, this.#buffer];
    const isKept = this.#buffer.length > 0 && this.#buffer.length <= KEPT_BYTES_MAX;
    if (!isKept) this.#buffer = new Uint8Array(Math.min(length, WRITE_BUFFER_BYTES));
    this.#end = 0;
    return bytes;
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.length) return;
    const buffer = new Uint8Array(Math.max(size, this.#buffer.length * 2));
    buffer.set(this.#buffer.subarray(0, this.#end));
    this.#buffer = buffer;
  }
}
