/**
 * Answers in Redis's protocol, as version 2 or 3 of it has them.
 *
 * @module
 */

import { writeBytes } from "../bytes.ts";
import { WRITE_BUFFER_BYTES } from "../limits.ts";

/** The versions of the protocol. */
export type RespVersion = 2 | 3;

/** Larger buffers are not kept for the next answers. */
const KEPT_BYTES_MAX = WRITE_BUFFER_BYTES * 256;

/** Up to this length a loop writes a text sooner than an encoder does. */
const SHORT_CHARACTERS = 64;

/** A sign, a number of 64 bits with its own, and the end of the line. */
const HEAD_BYTES = 24;

const [CR, LF, ZERO] = [13, 10, 48];

/** Gathers answers, so that many go out in one write. */
export class RespWriter {
  /** The version of the protocol that the client has chosen. */
  version: RespVersion = 2;
  #buffer = new Uint8Array(WRITE_BUFFER_BYTES);
  /** What was given out last: it is filled again once the next is given out. */
  #spare = new Uint8Array(WRITE_BUFFER_BYTES);
  #end = 0;

  /** Bytes gathered since the last {@linkcode take}. */
  get length(): number {
    return this.#end;
  }

  /** A word, such as `OK`: no text of a client, and no line's end in it. */
  simple(word: string): void {
    this.#line("+", word);
  }

  /** A failure: its code in capitals, and words, in one line. */
  error(text: string): void {
    this.#line("-", text.replace(/[\r\n]/g, " "));
  }

  /** A number, or one of 64 bits in decimal. */
  integer(number: number | string): void {
    if (typeof number === "string") this.#line(":", number);
    else this.#head(":", number);
  }

  /** The bytes that a text stands for. */
  bulk(text: string): void {
    if (text.length <= SHORT_CHARACTERS && this.#shortBulk(text)) return;
    // No text has more than three bytes for each of its units.
    this.#reserve(HEAD_BYTES + text.length * 3);
    const before = this.#end;
    const bytes = this.#writeBulk(text, text.length);
    if (bytes !== text.length) {
      this.#end = before;
      this.#writeBulk(text, bytes);
    }
    this.#endLine();
  }

  /** Nothing where a value could be. */
  null(): void {
    this.#line(this.version === 2 ? "$-1" : "_", "");
  }

  /** So many values follow. */
  array(length: number): void {
    this.#head("*", length);
  }

  /** So many pairs of a name and a value follow. */
  map(length: number): void {
    if (this.version === 2) this.#head("*", length * 2);
    else this.#head("%", length);
  }

  /** Texts, as bulk strings in an array. */
  bulks(texts: readonly string[]): void {
    this.array(texts.length);
    for (const text of texts) this.bulk(text);
  }

  /** Gives out all that was gathered, as bytes that nobody changes until the next call. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#buffer.subarray(0, this.#end);
    const spare = this.#spare;
    this.#spare = this.#buffer;
    this.#buffer = spare.length > KEPT_BYTES_MAX ? new Uint8Array(WRITE_BUFFER_BYTES) : spare;
    this.#end = 0;
    return bytes;
  }

  /** Writes a text behind a head that gives it so many bytes; gives how many it has. */
  #writeBulk(text: string, bytes: number): number {
    this.#head("$", bytes);
    const from = this.#end;
    this.#end = writeBytes(text, this.#buffer, from);
    return this.#end - from;
  }

  /** Writes a bulk string of ASCII; false, and nothing written, if it is none. */
  #shortBulk(text: string): boolean {
    const before = this.#end;
    this.#head("$", text.length);
    if (!this.#writeAscii(text)) {
      this.#end = before;
      return false;
    }
    this.#endLine();
    return true;
  }

  /** A line that bears a number. */
  #head(sign: string, number: number): void {
    if (!(number >= 0 && number < 1e9)) return this.#line(sign, String(number));
    this.#reserve(HEAD_BYTES);
    const b = this.#buffer;
    b[this.#end++] = sign.charCodeAt(0);
    let digits = 1;
    for (let bound = 10; number >= bound; bound *= 10) digits++;
    for (let i = this.#end + digits - 1, rest = number; i >= this.#end; i--) {
      b[i] = ZERO + rest % 10;
      rest = Math.trunc(rest / 10);
    }
    this.#end += digits;
    this.#endLine();
  }

  #line(sign: string, text: string): void {
    this.#writeAscii(sign);
    if (text.length > SHORT_CHARACTERS || !this.#writeAscii(text)) {
      // No text has more than three bytes for each of its units.
      this.#reserve(text.length * 3);
      this.#end = writeBytes(text, this.#buffer, this.#end);
    }
    this.#endLine();
  }

  /** Writes a short text of ASCII; false, and nothing written, if it is none. */
  #writeAscii(text: string): boolean {
    const { length } = text;
    this.#reserve(length);
    const b = this.#buffer;
    let at = this.#end;
    let all = 0;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      all |= unit;
      b[at++] = unit;
    }
    if (all >= 0x80) return false;
    this.#end = at;
    return true;
  }

  #endLine(): void {
    this.#reserve(2);
    this.#buffer[this.#end++] = CR;
    this.#buffer[this.#end++] = LF;
  }

  #reserve(bytes: number): void {
    const size = this.#end + bytes;
    if (size <= this.#buffer.length) return;
    const buffer = new Uint8Array(Math.max(size, this.#buffer.length * 2));
    buffer.set(this.#buffer.subarray(0, this.#end));
    this.#buffer = buffer;
  }
}
