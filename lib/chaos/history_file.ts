/**
 * A history on its way to its file: what happens is written while it happens, so that memory does
 * not follow the length of a run.
 *
 * @module
 */

import { encodeLine, HISTORY_VERSION, type HistoryLine } from "../check/history.ts";
import { CHAOS_WRITE_CHARACTERS } from "../limits.ts";

const encoder = new TextEncoder();

/** The file of one history. */
export class HistoryFile implements Disposable {
  readonly path: string;
  readonly #file: Deno.FsFile;
  #lines: string[] = [];
  #characters = 0;

  /** Begins it with its header; a file that is there is replaced. */
  constructor(
    path: string,
    facts: { readonly replicas: number; readonly [fact: string]: unknown },
  ) {
    this.path = path;
    this.#file = Deno.openSync(path, { write: true, create: true, truncate: true });
    this.add({ history: HISTORY_VERSION, ...facts });
  }

  /** Adds a line. */
  add(line: HistoryLine): void {
    const text = encodeLine(line);
    this.#lines.push(text);
    this.#characters += text.length;
    if (this.#characters >= CHAOS_WRITE_CHARACTERS) this.flush();
  }

  /** Writes what was added. */
  flush(): void {
    const text = this.#lines.join("");
    this.#lines = [];
    this.#characters = 0;
    for (let rest = encoder.encode(text); rest.length > 0;) {
      rest = rest.subarray(this.#file.writeSync(rest));
    }
  }

  /** Writes what was added, and ends it. */
  [Symbol.dispose](): void {
    this.flush();
    this.#file.close();
  }
}
