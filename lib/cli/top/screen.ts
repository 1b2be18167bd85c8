/**
 * The whole terminal, for what is drawn again and again; left as it was found.
 *
 * @module
 */

import type { FrameLine, FrameStyle } from "../../show/top/frame_line.ts";
import { cut } from "../../show/text.ts";
import { type Style, styled, terminalSize, write } from "../output.ts";
import { printable } from "../text.ts";

/** The alternate screen, without a cursor. */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const CLEAR_BELOW = "\x1b[J";

/** What leaves, as a terminal in raw mode sends it: q, and Ctrl-C. */
const LEAVING_KEYS = ["q", "Q", "\x03"];

const STYLES: Readonly<Record<FrameStyle, Style>> = {
  head: "bold",
  down: "red",
  late: "yellow",
  quiet: "dim",
};

/** What fits the terminal, drawn. */
export type Draw = (size: { columns: number; rows: number }) => readonly FrameLine[];

/** The terminal, from its making to its disposal. */
export class Screen implements Disposable {
  readonly #leave: () => void;
  readonly #keys = Deno.stdin.isTerminal() ? Deno.stdin.readable.getReader() : null;
  readonly #redraw = () => this.#show();
  readonly #restore = () => this[Symbol.dispose]();
  #draw: Draw = () => [];
  #isOpen = true;

  /** Takes the terminal over; `leave` is called when a key was pressed that leaves. */
  constructor(leave: () => void) {
    this.#leave = leave;
    write("stdout", ENTER);
    // However the program ends.
    globalThis.addEventListener("unload", this.#restore);
    Deno.addSignalListener("SIGWINCH", this.#redraw);
    if (this.#keys !== null) this.#readKeys(this.#keys);
  }

  /** Shows this from now on, drawn anew when the terminal's size changes. */
  show(draw: Draw): void {
    this.#draw = draw;
    this.#show();
  }

  /** Gives the terminal back. */
  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    globalThis.removeEventListener("unload", this.#restore);
    Deno.removeSignalListener("SIGWINCH", this.#redraw);
    try {
      if (this.#keys !== null) Deno.stdin.setRaw(false);
      write("stdout", LEAVE);
    } catch {
      // The terminal is gone.
    }
    this.#keys?.cancel().catch(() => {});
  }

  #show(): void {
    const size = terminalSize();
    const lines = this.#draw(size).map(({ text, style }, i) => {
      const shown = cut(printable(text), size.columns);
      // Cleared before it is written: behind a full line the cursor stands on its last cell.
      return `\x1b[${i + 1};1H\x1b[2K${style === null ? shown : styled(STYLES[style], shown)}`;
    });
    const below = lines.length < size.rows ? `\x1b[${lines.length + 1};1H${CLEAR_BELOW}` : "";
    write("stdout", lines.join("") + below);
  }

  async #readKeys(keys: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    Deno.stdin.setRaw(true);
    const decoder = new TextDecoder();
    try {
      for (let read; !(read = await keys.read()).done;) {
        const typed = decoder.decode(read.value);
        if (LEAVING_KEYS.some((key) => typed.includes(key))) this.#leave();
      }
    } catch {
      // The terminal is gone: a signal says so as well.
    }
  }
}
