/**
 * How far a check is, on a terminal, once it takes longer than one waits without a word.
 *
 * @module
 */

import { PROGRESS_AFTER_MS } from "../../limits.ts";
import { progressLine } from "../../show/bar.ts";
import { WIDTH } from "../../show/text.ts";
import { columns, isTerminal, progress } from "../output.ts";

/** A line that changes more often than this cannot be read. */
const SHOW_EVERY_MS = 100;

/** Shows what is under way. */
export class Meter {
  readonly #isSeen = isTerminal("stderr");
  #showAt = performance.now() + PROGRESS_AFTER_MS;

  /** Shows the step under way and its share, 0 … 1, or null if that is not known. */
  show(label: string, share: number | null): void {
    const now = performance.now();
    if (!this.#isSeen || now < this.#showAt) return;
    this.#showAt = now + SHOW_EVERY_MS;
    const width = Math.min(WIDTH, columns());
    progress(share === null ? `${label} …` : progressLine({ label, share }, width));
  }

  /** Takes the line away. */
  end(): void {
    progress(null);
  }
}
