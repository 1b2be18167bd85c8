/**
 * A trace that is still being written, read on from where it was read to.
 *
 * @module
 */

import { HISTORY_READ_BYTES } from "../../limits.ts";
import { decodeTraceLine } from "../../trace/decode.ts";
import type { TraceLine } from "../../trace/line.ts";
import { isObject } from "../../wire/json.ts";
import { jsonOf } from "../show/read_trace.ts";

/** One file, in which replicas tell what they do. */
export class TraceTail {
  readonly #path: string;
  readonly #replicas: number;
  readonly #lines: TraceLine[] = [];
  readonly #decoder = new TextDecoder();
  /** So many bytes are read. */
  #read = 0;
  /** What was read of a line whose end is not written yet. */
  #rest = "";

  /** Nothing is read yet; so many replicas tell. */
  constructor(path: string, replicas: number) {
    this.#path = path;
    this.#replicas = replicas;
  }

  /**
   * All lines so far, in the order in which they were written.
   *
   * @throws {HistoryError} if one says something that no trace says
   */
  lines(): readonly TraceLine[] {
    using file = Deno.openSync(this.#path);
    file.seekSync(this.#read, Deno.SeekMode.Start);
    const bytes = new Uint8Array(HISTORY_READ_BYTES);
    for (let count = file.readSync(bytes); count !== null; count = file.readSync(bytes)) {
      this.#read += count;
      this.#take(this.#decoder.decode(bytes.subarray(0, count), { stream: true }));
    }
    return this.#lines;
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const value = jsonOf(line);
      // Each process begins with a header.
      if (!isObject(value) || value.type === undefined) continue;
      this.#lines.push(decodeTraceLine(value, this.#replicas));
    }
  }
}
