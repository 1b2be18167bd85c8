/**
 * The lines that were typed, kept between runs in a file that only its owner can read.
 *
 * @module
 */

import { ensureDir } from "@std/fs/ensure-dir";
import { HISTORY_LINES_MAX } from "../../limits.ts";
import type { Environment } from "../environment.ts";

const OWNER_ONLY = 0o600;

/**
 * Where the history is kept: `$XDG_STATE_HOME/kvdist/history`, or in `~/.local/state`; null if
 * there is no such place. A path that is not absolute is ignored, as the XDG specification says.
 */
export function historyPath(env: Environment): string | null {
  const state = env("XDG_STATE_HOME");
  if (state?.startsWith("/")) return `${state}/kvdist/history`;
  const home = env("HOME");
  return home?.startsWith("/") ? `${home}/.local/state/kvdist/history` : null;
}

/** The history in a file. Where it cannot be kept, it is not: nothing fails for it. */
export class History {
  readonly #path: string | null;
  #last: string | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** Keeps it in this file, or nowhere. */
  constructor(path: string | null) {
    this.#path = path;
  }

  /** The lines of earlier runs, the latest first. */
  async load(): Promise<string[]> {
    const path = this.#path;
    if (path === null) return [];
    try {
      const text = await Deno.readTextFile(path);
      const all = text.split("\n").filter((line) => line !== "");
      const lines = all.slice(-HISTORY_LINES_MAX);
      this.#last = lines.at(-1);
      if (all.length > 2 * HISTORY_LINES_MAX) await this.#write(`${lines.join("\n")}\n`, false);
      return lines.reverse();
    } catch {
      return [];
    }
  }

  /** Adds a line, unless it is blank or the same as the last. */
  add(line: string): void {
    if (line.trim() === "" || line === this.#last) return;
    this.#last = line;
    this.#writing = this.#writing.then(() => this.#write(`${line}\n`, true)).catch(() => {});
  }

  /** Resolves when all that was added is in the file. */
  saved(): Promise<void> {
    return this.#writing;
  }

  async #write(text: string, append: boolean): Promise<void> {
    const path = this.#path;
    if (path === null) return;
    await ensureDir(path.slice(0, path.lastIndexOf("/")));
    await Deno.writeTextFile(path, text, { append, mode: OWNER_ONLY });
    // The mode counts only for a file that is made; an older one may be open to others.
    if (Deno.build.os !== "windows") await Deno.chmod(path, OWNER_ONLY);
  }
}
