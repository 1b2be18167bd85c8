/**
 * Commands of Redis's protocol (RESP): arrays of bulk strings, or inline, as a person types them.
 *
 * Knows no socket: bytes are put in as they come, commands come out whole.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { textOf } from "../bytes.ts";
import { StreamError } from "../errors.ts";
import { READ_BUFFER_BYTES, RESP_ARGUMENTS_MAX, RESP_INLINE_BYTES_MAX } from "../limits.ts";

const [TAB, LF, CR, BLANK, QUOTE, DOLLAR, APOSTROPHE, STAR, MINUS, ZERO, BACKSLASH] = [
  ..."\t\n\r \"$'*-0\\",
].map((character) => character.charCodeAt(0));

/** No number of a right command has more digits. */
const DIGITS_MAX = 10;

/** An empty buffer larger than this is replaced by a small one. */
const KEPT_BYTES_MAX = READ_BUFFER_BYTES * 16;

/** As many places of arguments are kept for the next command. */
const KEPT_PLACES_MAX = 1024;

/** Up to this length a loop makes a text sooner than any call does. */
const SHORT_BYTES = 12;

/** Up to this length, looking for what is no ASCII costs less than a decoder. */
const MIDDLE_BYTES = 256;

/** The arguments of a command, of which the first is its name. */
export interface Arguments {
  /** How many there are, the name included. */
  readonly length: number;
  /** How many bytes one of them has. */
  size(index: number): number;
  /** The text that stands for the bytes of one of them. */
  text(index: number): string;
}

/**
 * Cuts a stream of bytes into commands. One buffer is reused for the whole connection; it grows
 * only with bytes that have really come. The arguments of the command given out last are places in
 * it, and so nothing is allocated for a command.
 *
 * Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
 *
 * @example A command
 * ```ts
 * import { RespReader } from "./resp_reader.ts";
 *
 * const reader = new RespReader(1024);
 * reader.push(new TextEncoder().encode("*2\r\n$3\r\nGET\r\n$1\r\nx\r\n"));
 * while (reader.next()) console.log(reader.text(0), reader.text(1));
 * ```
 */
export class RespReader implements Arguments {
  readonly #bytesMax: number;
  readonly #bufferBytes: number;
  #buffer: Uint8Array<ArrayBuffer>;
  #latin1: Buffer;
  /** Where the command given out last begins: the places of its arguments count from there. */
  #given = 0;
  /** Where the command that is being read begins … */
  #start = 0;
  /** … up to where it is read … */
  #at = 0;
  /** … and up to where bytes have come. */
  #end = 0;
  /** The arguments that it will have; 0 before that is known. */
  #expected = 0;
  /** The length of the one whose bytes are awaited, or -1. */
  #bulk = -1;
  /** Up to where no end of an inline command was found. */
  #searched = 0;
  #length = 0;
  #starts: number[] = [];
  #ends: number[] = [];

  /** Makes a reader that refuses commands of more than this many bytes. */
  constructor(bytesMax: number, bufferBytes: number = READ_BUFFER_BYTES) {
    this.#bytesMax = bytesMax;
    this.#bufferBytes = bufferBytes;
    this.#buffer = new Uint8Array(bufferBytes);
    this.#latin1 = Buffer.from(this.#buffer.buffer);
  }

  /** How many arguments the command given out last has, its name included. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that have come and are not yet part of a command given out. */
  get waiting(): number {
    return this.#end - this.#start;
  }

  /** The bytes of the command given out last. */
  get bytes(): number {
    return this.#start - this.#given;
  }

  /** Free room to read into; say with {@linkcode filled} how much was. Ends earlier commands. */
  space(): Uint8Array {
    if (this.#start === this.#end) {
      this.#start =
        this.#at =
        this.#searched =
        this.#end =
          0;
      // A large command that has been dealt with keeps no memory for the connection's life.
      if (this.#buffer.length > KEPT_BYTES_MAX) this.#replace(new Uint8Array(this.#bufferBytes));
    }
    if (this.#end === this.#buffer.length) this.#makeRoom();
    return this.#buffer.subarray(this.#end);
  }

  /** Says that the first `count` bytes of {@linkcode space} now hold what came. */
  filled(count: number): void {
    this.#end += count;
  }

  /** Takes a copy of bytes that came. Ends the life of commands given out before. */
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
   * Goes on to the next whole command; false until more bytes have come. Its arguments live until
   * the next call of this, {@linkcode space} or {@linkcode push}.
   *
   * @throws {StreamError} if the stream cannot be trusted any further; in Redis's words
   */
  next(): boolean {
    if (this.#expected === 0 && this.#starts.length > KEPT_PLACES_MAX) {
      this.#starts = [];
      this.#ends = [];
    }
    while (this.#at < this.#end) {
      const isWhole = this.#expected > 0 || this.#buffer[this.#at] === STAR
        ? this.#readArray()
        : this.#readInline();
      if (!isWhole) return false;
      this.#given = this.#start;
      this.#start = this.#at;
      this.#expected = 0;
      if (this.#length > 0) return true;
    }
    return false;
  }

  /** How many bytes an argument has. */
  size(index: number): number {
    return this.#ends[index] - this.#starts[index];
  }

  /** The bytes of an argument, as a view that lives as long as the command. */
  view(index: number): Uint8Array {
    return this.#buffer.subarray(
      this.#given + this.#starts[index],
      this.#given + this.#ends[index],
    );
  }

  /** The text that stands for the bytes of an argument. */
  text(index: number): string {
    const from = this.#given + this.#starts[index];
    const to = this.#given + this.#ends[index];
    if (to - from > MIDDLE_BYTES || !this.#isAscii(from, to)) {
      return textOf(this.#buffer.subarray(from, to));
    }
    if (to - from > SHORT_BYTES) return this.#latin1.toString("latin1", from, to);
    let text = "";
    for (let i = from; i < to; i++) text += String.fromCharCode(this.#buffer[i]);
    return text;
  }

  /** Whether an argument is this word of ASCII letters, given in lower case, in whatever case. */
  is(index: number, word: string): boolean {
    if (this.size(index) !== word.length) return false;
    const from = this.#given + this.#starts[index];
    for (let i = 0; i < word.length; i++) {
      const byte = this.#buffer[from + i];
      const lower = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
      if (lower !== word.charCodeAt(i)) return false;
    }
    return true;
  }

  #isAscii(from: number, to: number): boolean {
    let all = 0;
    for (let i = from; i < to; i++) all |= this.#buffer[i];
    return all < 0x80;
  }

  /** Reads on in an array of bulk strings; true when it is whole. */
  #readArray(): boolean {
    if (this.#expected === 0) {
      const count = this.#readNumber("multibulk");
      if (count === null) return false;
      if (count > RESP_ARGUMENTS_MAX) throw broken("invalid multibulk length");
      this.#length = 0;
      if (count <= 0) return true;
      this.#expected = count;
    }
    while (this.#length < this.#expected) {
      if (this.#bulk === -1 && !this.#readBulkLength()) return false;
      const end = this.#at + this.#bulk;
      if (this.#end < end + 2) return false;
      if (this.#buffer[end] !== CR || this.#buffer[end + 1] !== LF) {
        throw broken("expected CRLF behind a bulk string");
      }
      this.#place(this.#at, end);
      this.#at = end + 2;
      this.#bulk = -1;
    }
    return true;
  }

  #readBulkLength(): boolean {
    if (this.#at === this.#end) return false;
    const sign = this.#buffer[this.#at];
    if (sign !== DOLLAR) throw broken(`expected '$', got '${printable(sign)}'`);
    const length = this.#readNumber("bulk");
    if (length === null) return false;
    if (length < 0 || this.#at - this.#start + length > this.#bytesMax) {
      throw broken("invalid bulk length");
    }
    this.#bulk = length;
    return true;
  }

  /** The number of the line that begins here with its sign, or null until the line is whole. */
  #readNumber(kind: string): number | null {
    const b = this.#buffer;
    let i = this.#at + 1;
    const isNegative = i < this.#end && b[i] === MINUS;
    if (isNegative) i++;
    const first = i;
    let number = 0;
    for (; i < this.#end && b[i] >= ZERO && b[i] < ZERO + 10; i++) {
      if (i - first === DIGITS_MAX) throw broken(`invalid ${kind} length`);
      number = number * 10 + b[i] - ZERO;
    }
    if (i === this.#end) return null;
    if (b[i] !== CR || i === first || (b[first] === ZERO && i > first + 1)) {
      throw broken(`invalid ${kind} length`);
    }
    if (i + 1 === this.#end) return null;
    if (b[i + 1] !== LF) throw broken(`invalid ${kind} length`);
    this.#at = i + 2;
    return isNegative ? -number : number;
  }

  /** Reads a line of words; true when it is whole. */
  #readInline(): boolean {
    const from = Math.max(this.#searched, this.#at);
    const found = this.#buffer.subarray(from, this.#end).indexOf(LF);
    const end = found === -1 ? this.#end : from + found;
    if (end - this.#at > RESP_INLINE_BYTES_MAX) throw broken("too big inline request");
    this.#searched = end;
    if (found === -1) return false;
    this.#length = 0;
    this.#splitWords(this.#at, end > this.#at && this.#buffer[end - 1] === CR ? end - 1 : end);
    this.#at = end + 1;
    return true;
  }

  /** Words take the place of what stands for them, which is never shorter. */
  #splitWords(at: number, end: number): void {
    const b = this.#buffer;
    let to = at;
    for (;;) {
      while (at < end && isBlank(b[at])) at++;
      if (at === end) return;
      const start = to;
      while (at < end && !isBlank(b[at])) {
        const byte = b[at++];
        if (byte !== QUOTE && byte !== APOSTROPHE) {
          b[to++] = byte;
          continue;
        }
        for (; at < end && b[at] !== byte; to++) {
          const [meant, length] = byte === QUOTE ? escaped(b, at, end) : quoted(b, at, end);
          b[to] = meant;
          at += length;
        }
        const isClosed = at < end && (at + 1 === end || isBlank(b[at + 1]));
        if (!isClosed) throw broken("unbalanced quotes in request");
        at++;
      }
      this.#place(start, to);
    }
  }

  #place(from: number, to: number): void {
    this.#starts[this.#length] = from - this.#start;
    this.#ends[this.#length++] = to - this.#start;
  }

  /** Moves what is left to the front; doubles the buffer if that gains less than half of it. */
  #makeRoom(): void {
    const left = this.#buffer.subarray(this.#start, this.#end);
    const size = left.length > this.#buffer.length / 2
      ? this.#buffer.length * 2
      : Math.max(this.#bufferBytes, left.length * 2);
    const buffer = size === this.#buffer.length ? this.#buffer : new Uint8Array(size);
    buffer.set(left);
    if (buffer !== this.#buffer) this.#replace(buffer);
    this.#at -= this.#start;
    this.#searched = Math.max(0, this.#searched - this.#start);
    this.#start = 0;
    this.#end = left.length;
  }

  #replace(buffer: Uint8Array<ArrayBuffer>): void {
    this.#buffer = buffer;
    this.#latin1 = Buffer.from(buffer.buffer);
  }
}

function broken(words: string): StreamError {
  return new StreamError("bad_request", `Protocol error: ${words}`);
}

function isBlank(byte: number): boolean {
  return byte === BLANK || (byte >= TAB && byte <= CR);
}

function printable(byte: number): string {
  return byte >= BLANK && byte < 0x7f ? String.fromCharCode(byte) : "?";
}

/** What a byte between double quotes means, and how many bytes say it. */
function escaped(b: Uint8Array, at: number, end: number): [meant: number, length: number] {
  if (b[at] !== BACKSLASH || at + 1 === end) return [b[at], 1];
  const letter = String.fromCharCode(b[at + 1]);
  if (letter === "x" && at + 3 < end) {
    const digits = String.fromCharCode(b[at + 2], b[at + 3]);
    if (/^[\da-f]{2}$/i.test(digits)) return [parseInt(digits, 16), 4];
  }
  return [ESCAPES.get(letter) ?? b[at + 1], 2];
}

const ESCAPES = new Map([["n", LF], ["r", CR], ["t", TAB], ["b", 8], ["a", 7]]);

/** The same between single quotes. */
function quoted(b: Uint8Array, at: number, end: number): [meant: number, length: number] {
  const isEscape = b[at] === BACKSLASH && at + 1 < end && b[at + 1] === APOSTROPHE;
  return isEscape ? [APOSTROPHE, 2] : [b[at], 1];
}
