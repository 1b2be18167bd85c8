/**
 * A history from the bytes of its text, as they come.
 *
 * @module
 */

import { HistoryError } from "../errors.ts";
import { HISTORY_LINE_BYTES_MAX } from "../limits.ts";
import { HistoryReader } from "./reader.ts";
import type { History } from "./recorded.ts";

const NEWLINE = 0x0a;

/** No line has more than blanks if this finds nothing. */
const SOMETHING = /\S/;

/** Cuts bytes into lines and reads these. */
export class HistoryText {
  readonly #parse: (text: string) => unknown;
  readonly #reader = new HistoryReader();
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  /** The beginning of a line whose end has not come yet. */
  #rest = new Uint8Array(1024);
  #restBytes = 0;

  /** Begins a history. `parse` gives the value of a JSON text, or throws. */
  constructor(parse: (text: string) => unknown) {
    this.#parse = parse;
  }

  /**
   * Takes the next bytes, cut anywhere; they are not kept.
   *
   * @throws {HistoryError} that names the line and what is wrong with it
   */
  add(bytes: Uint8Array): void {
    let from = 0;
    for (let to = bytes.indexOf(NEWLINE); to >= 0; to = bytes.indexOf(NEWLINE, from)) {
      if (this.#restBytes === 0) {
        this.#takeLine(bytes, from, to);
      } else {
        this.#keep(bytes.subarray(from, to));
        this.#takeLine(this.#rest, 0, this.#restBytes);
        this.#restBytes = 0;
      }
      from = to + 1;
    }
    this.#keep(bytes.subarray(from));
  }

  /**
   * The history, once all bytes have come.
   *
   * @throws {HistoryError} if they are none
   */
  finish(): History {
    if (this.#restBytes > 0) this.#takeLine(this.#rest, 0, this.#restBytes);
    this.#restBytes = 0;
    return this.#reader.finish();
  }

  #keep(bytes: Uint8Array): void {
    const length = this.#restBytes + bytes.length;
    if (length > HISTORY_LINE_BYTES_MAX) {
      throw this.#error(`is longer than ${HISTORY_LINE_BYTES_MAX} bytes`);
    }
    if (length > this.#rest.length) {
      const rest = new Uint8Array(Math.max(length, 2 * this.#rest.length));
      rest.set(this.#rest);
      this.#rest = rest;
    }
    this.#rest.set(bytes, this.#restBytes);
    this.#restBytes = length;
  }

  #takeLine(bytes: Uint8Array, from: number, to: number): void {
    if (this.#reader.addPlain(bytes, from, to)) return;
    const text = this.#decode(bytes.subarray(from, to));
    if (SOMETHING.test(text)) this.#reader.add(this.#value(text));
    else this.#reader.skip();
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes);
    } catch (error) {
      throw this.#error("is not UTF-8", error);
    }
  }

  #value(text: string): unknown {
    try {
      return this.#parse(text);
    } catch (error) {
      throw this.#error("is not JSON", error);
    }
  }

  /** What is wrong with the line that is not yet taken. */
  #error(text: string, cause?: unknown): HistoryError {
    return new HistoryError(`line ${this.#reader.lines + 1} ${text}`, { cause });
  }
}
