/**
 * Texts as numbers, so that columns can hold them.
 *
 * @module
 */

import { FloatColumn } from "./column.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A text that is still bytes, its UTF-8 form: a part of a larger buffer. */
export class Span {
  /** The buffer. */
  bytes: Uint8Array = new Uint8Array();
  /** Where the text begins … */
  from = 0;
  /** … and ends. */
  to = 0;

  /** The text itself. */
  get text(): string {
    return decoder.decode(this.bytes.subarray(this.from, this.to));
  }
}

/** The table has at least this many places for each text, each of a hash and a number. */
const PLACES_PER_TEXT = 2;
const PLACES_MIN = 64;
const BUFFER_BYTES_MIN = 256;

/**
 * Each text gets a number, the first one 0. Kept as bytes in one buffer with a hash table of its
 * own: a million different texts as strings take the runtime ten times as long.
 */
export class Names {
  #buffer = new Uint8Array(BUFFER_BYTES_MIN);
  #used = 0;
  /** By number: where the text ends; it begins where the one before ends. */
  readonly #ends = new FloatColumn();
  /** A text's hash and number plus one stand where the hash says, or behind: 0 means room. */
  #table = new Int32Array(2 * PLACES_MIN);
  #count = 0;

  /** How many different texts there are. */
  get count(): number {
    return this.#count;
  }

  /** The text's number: its own from now on. */
  number(text: string | Span): number {
    const span = typeof text === "string" ? spanOf(text) : text;
    const hash = hashOf(span);
    const place = this.#place(span, hash);
    const known = this.#table[place + 1];
    return known > 0 ? known - 1 : this.#add(span, hash, place);
  }

  /** The text's number, or undefined if it has none. */
  find(text: string): number | undefined {
    const span = spanOf(text);
    const known = this.#table[this.#place(span, hashOf(span)) + 1];
    return known > 0 ? known - 1 : undefined;
  }

  /** The text with this number. */
  text(number: number): string {
    return decoder.decode(this.#buffer.subarray(this.#start(number), this.#ends.at(number)));
  }

  /** Where the table has the text, or has room for it. */
  #place(span: Span, hash: number): number {
    const table = this.#table;
    const mask = table.length - 2;
    let place = 2 * hash & mask;
    for (;;) {
      const known = table[place + 1];
      if (known === 0 || (table[place] === hash && this.#equals(known - 1, span))) return place;
      place = (place + 2) & mask;
    }
  }

  #equals(number: number, { bytes, from, to }: Span): boolean {
    const buffer = this.#buffer;
    const start = this.#start(number);
    if (this.#ends.at(number) - start !== to - from) return false;
    for (let i = from, j = start; i < to; i++, j++) {
      if (bytes[i] !== buffer[j]) return false;
    }
    return true;
  }

  #start(number: number): number {
    return number === 0 ? 0 : this.#ends.at(number - 1);
  }

  #add({ bytes, from, to }: Span, hash: number, place: number): number {
    const end = this.#used + to - from;
    if (end > this.#buffer.length) {
      const buffer = new Uint8Array(Math.max(end, 2 * this.#buffer.length));
      buffer.set(this.#buffer);
      this.#buffer = buffer;
    }
    for (let i = from, j = this.#used; i < to; i++, j++) this.#buffer[j] = bytes[i];
    this.#used = end;
    this.#ends.push(end);
    this.#table[place] = hash;
    this.#table[place + 1] = ++this.#count;
    if (2 * PLACES_PER_TEXT * this.#count > this.#table.length) this.#grow();
    return this.#count - 1;
  }

  #grow(): void {
    const full = this.#table;
    const table = new Int32Array(2 * full.length);
    const mask = table.length - 2;
    for (let at = 0; at < full.length; at += 2) {
      if (full[at + 1] === 0) continue;
      let place = 2 * full[at] & mask;
      while (table[place + 1] > 0) place = (place + 2) & mask;
      table[place] = full[at];
      table[place + 1] = full[at + 1];
    }
    this.#table = table;
  }
}

function spanOf(text: string): Span {
  const span = new Span();
  span.bytes = encoder.encode(text);
  span.to = span.bytes.length;
  return span;
}

/** FNV-1a, its bits mixed once more so that the lower ones depend on all. */
function hashOf({ bytes, from, to }: Span): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
